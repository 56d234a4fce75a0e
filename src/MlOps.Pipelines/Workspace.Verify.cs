using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Reports;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>Audits the store: every object's bytes, every record, what the lock names; exit 3 if anything is wrong. What is damaged is set aside.</summary>
    /// <param name="remote">Whether the remotes are asked as well: the records of what the lock names must tell the same, and the objects be there, byte by byte; wrong ones
    /// are stored there again, if they are whole here.</param>
    /// <param name="dryRun">Only reports.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<Outcome> VerifyAsync(bool remote, bool dryRun, CancellationToken cancellationToken)
    {
        var (audit, pinned) = await AuditAsync(dryRun, cancellationToken);
        var missing = pinned.Addresses.SelectMany(address => pinned.Find(address)!.Outputs
            .Where(output => !audit.IsWhole(ContentRef.Of(output.Key, output.Value)))
            .Select(output => $"{address}: output '{output.Key}' ({output.Value})")).ToList();
        IReadOnlyList<RemoteFinding> remotes = remote ? await RemotesAsync(pinned, mend: !dryRun, cancellationToken) : [];
        foreach (var failure in remotes.Select(finding => finding.Failure).OfType<Diagnostic>())
        {
            _reporter.Warn(failure with { Severity = Severity.Error });
        }

        var report = new VerifyReport(_engine.Store.Root, audit.Files, audit.Faults, missing, remotes, setAside: !dryRun);
        return new(report.IsWell ? ExitCode.Done : remotes.Any(finding => finding.Failure is not null) ? ExitCode.Failed : ExitCode.Refused, report.Text(), report.Json());
    }

    /// <summary>A build may not publish meanwhile: its records would name objects that were not there when the store was listed. Remotes are read without holding it up.</summary>
    private async Task<(StoreAudit Audit, LockFile Pinned)> AuditAsync(bool dryRun, CancellationToken cancellationToken)
    {
        using var hold = dryRun ? null : await _engine.HoldAsync(() => _reporter.Note("waiting for a build of this workspace"), cancellationToken);
        var audit = new StoreAudit(_engine.Store, setAside: !dryRun, (done, all) => _reporter.Live($"{GcReport.Size(done)} of {GcReport.Size(all)}"));
        await Task.Run(() => audit.Run(_options.Jobs, cancellationToken), cancellationToken);
        return (audit, CurrentLock);
    }

    private async Task<IReadOnlyList<RemoteFinding>> RemotesAsync(LockFile pinned, bool mend, CancellationToken cancellationToken)
    {
        var findings = new List<RemoteFinding>();
        await using var all = OpenRemotes(null);
        foreach (var link in all.Links)
        {
            findings.Add(await AuditAsync(link, pinned, mend, cancellationToken));
        }

        return findings;
    }

    /// <summary>A remote that lies is a finding; one that fails is asked no more, and what was found until then is told.</summary>
    private async Task<RemoteFinding> AuditAsync(RemoteLink link, LockFile pinned, bool mend, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        var failures = new List<Diagnostic>();
#pragma warning disable CA2000 // The remotes belong to the caller; this one only looks at one of them, and believes none.
        var one = new RemoteCache(_engine.Store, [link with { IsTrusted = true }], failures.Add);
#pragma warning restore CA2000
        var (records, named) = (0, new HashSet<ContentRef>());
        foreach (var address in pinned.Addresses)
        {
            var trace = pinned.Find(address)!;
            var record = await one.FetchRecordAsync(trace.Fingerprint, cancellationToken);
            faults.AddRange(failures.Where(IsLie).Select(failure => $"{address}: {failure.What}: {failure.Why}"));
            failures.RemoveAll(IsLie);
            if (record is not null)
            {
                records++;
                named.UnionWith(record.Contents);
                faults.AddRange(record.Outputs.SequenceEqual(trace.Outputs) ? [] : [$"{address}: its record of fingerprint {trace.Fingerprint} names other outputs than the lock"]);
            }
        }

        var wanted = named.Union(pinned.Addresses.SelectMany(address => pinned.Find(address)!.Outputs.Select(output => ContentRef.Of(output.Key, output.Value)))).ToHashSet();
        var found = await one.FindAsync(wanted, cancellationToken);
        if (failures.Count == 0)
        {
            faults.AddRange(named.Where(content => !found.Contains(content)).Select(content => $"object {content.Content} is not there, though a record names it"));
            foreach (var (content, fault) in (await one.AuditAsync(link, [.. found], mend, cancellationToken)).OrderBy(wrong => wrong.Key))
            {
                faults.Add($"object {content} {(fault.IsMissing ? "is missing" : "has other bytes than its digest says")}{(fault.IsMended ? "; it was stored there again" : "")}");
            }
        }

        return new(link.Store.Address, records, pinned.Addresses.Count(), found.Count, wanted.Count, faults) { Failure = failures.FirstOrDefault() };

        static bool IsLie(Diagnostic failure) => failure.Code == "MLO1121";
    }
}
