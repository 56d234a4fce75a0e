using System.Diagnostics;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Datasets;
using MlOps.Pipelines.Packages;
using MlOps.Pipelines.Reports;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>Stores what the lock names in the remotes, as far as it is missing there: results of steps, and datasets that git does not carry.</summary>
    /// <param name="names">Datasets and models; none, or <c>all</c>, means everything.</param>
    /// <param name="remote">Only this remote, declared or not; null for all that are declared.</param>
    /// <param name="dryRun">Only says what is missing there.</param>
    /// <param name="cancellationToken">Ends it; what is through stays, and the next call goes on.</param>
    public async Task<Outcome> PushAsync(IReadOnlyList<string> names, string? remote, bool dryRun, CancellationToken cancellationToken)
    {
        var parts = Parts(names, forPush: true);
        var report = new TransferReport(dryRun ? "would be pushed" : "pushed");
        // Where packages are published, results and datasets may stay here.
        var publishes = remote is null && _definition.Manifest.Registry is not null;
        if (publishes)
        {
            await PushPackagesAsync([.. _definition.Models.Where(model => names.Count == 0 || names.Contains("all") || names.Contains(model.Name))], dryRun, report, cancellationToken);
        }

        foreach (var url in publishes && _definition.Manifest.Store?.Remotes is not { Count: > 0 } ? [] : Remotes(remote))
        {
            var seen = default(TransferState);
            await using var cache = OpenRemotes(url, state => seen = Later(seen, state));
            var link = cache.Links[0];
            foreach (var part in parts)
            {
                var clock = Stopwatch.StartNew();
                var before = seen;
                if (dryRun)
                {
                    var objects = part.Records.Values.SelectMany(record => record.Contents).SelectMany(_engine.Store.ObjectsOf).Distinct().ToList();
                    var there = await link.Store.FindAsync(objects, cancellationToken);
                    var missing = objects.Where(content => !there.Contains(content)).ToList();
                    report.Add(part.What, link.Store.Address, missing.Count, missing.Sum(content => FileStat.Of(part.PathOf(content) ?? _engine.Store.PathOf(content)).Size), 0);
                }
                else
                {
                    await cache.PushAsync(link, part.Records, part.PathOf, cancellationToken);
                    report.Add(part.What, link.Store.Address, seen.Objects - before.Objects, seen.Bytes - before.Bytes, clock.Elapsed.TotalSeconds);
                }
            }
        }

        return new(ExitCode.Done, report.Text(), report.Json());
    }

    /// <summary>Fetches what the lock names from the remotes, for work without them: results of steps, and datasets, which are put in their places.</summary>
    /// <inheritdoc cref="PushAsync" path="/param"/>
    public async Task<Outcome> PullAsync(IReadOnlyList<string> names, string? remote, bool dryRun, CancellationToken cancellationToken)
    {
        var versions = names.Select(PackageName.Parse).Where(name => name.Version is not null).ToList();
        var report = new TransferReport(dryRun ? "would be pulled" : "pulled");
        if (versions.Count > 0)
        {
            await PullPackagesAsync(versions, dryRun, report, cancellationToken);
            names = [.. names.Where(name => PackageName.Parse(name).Version is null)];
            if (names.Count == 0)
            {
                return new(ExitCode.Done, report.Text(), report.Json());
            }
        }

        var parts = Parts(names, forPush: false);
        var missing = new List<string>();
        var seen = default(TransferState);
        await using var cache = OpenRemotes(_reporter.Warn, [.. Remotes(remote)], state => seen = Later(seen, state));
        foreach (var part in parts)
        {
            var clock = Stopwatch.StartNew();
            var before = seen;
            var wanted = part.Records.Values.SelectMany(record => record.Contents).Distinct().Where(content => !_engine.Store.Contains(content)).ToList();
            if (dryRun)
            {
                report.Add(part.What, "", wanted.Count, null, 0);
                continue;
            }

            var absent = await cache.FetchAsync(wanted, cancellationToken);
            await FetchRecordsAsync(cache, part.Records.Keys, cancellationToken);
            report.Add(part.What, "", seen.Objects - before.Objects, seen.Bytes - before.Bytes, clock.Elapsed.TotalSeconds);
            if (absent.Count > 0 && part.Dataset is null)
            {
                missing.Add($"{part.What}: {absent.Count} of {wanted.Count}");
            }
        }

        if (!dryRun)
        {
            await SettleDataAsync(new(), cancellationToken, [.. parts.Select(part => part.Dataset?.Step).OfType<StepName>()]);
        }

        if (missing.Count > 0)
        {
            _reporter.Warn(new("MLO2099", "the remotes do not have everything that the lock names")
            {
                Why = string.Join("; ", missing),
                Mend = "./build.sh Push where it was trained; or ./build.sh Train makes it here",
            });
        }

        return new(missing.Count == 0 ? ExitCode.Done : ExitCode.Failed, report.Text(), report.Json());
    }

    private List<TransferPart> Parts(IReadOnlyList<string> names, bool forPush)
    {
        var all = names.Count == 0 || names.Contains("all");
        var known = _definition.Manifest.Data.Keys.Concat(_definition.Models.Select(model => model.Name)).ToList();
        foreach (var name in all ? [] : names.Except(known))
        {
            throw Unknown("MLO2097", $"there is neither a dataset nor a model '{name}'", name, known);
        }

        var pinned = CurrentLock;
        var parts = new List<TransferPart>();
        foreach (var dataset in _datasets.Values.Where(dataset => all || names.Contains(dataset.Name)).OrderBy(dataset => dataset.Name, StringComparer.Ordinal))
        {
            if (dataset.Pinned(pinned) is { } content && _data.IsCarried(dataset, content, (long?)pinned.Fact(dataset.Owner, "bytes") ?? 0, forPush))
            {
                var record = new StepRecord { Outputs = StepRecord.NoOutputs.Add(content.IsTree ? "files/" : "file", content.Content) };
                parts.Add(new($"dataset {dataset.Name}", new Dictionary<Digest, StepRecord> { [content.Content] = record }, _data.PathsOf(dataset, content), dataset));
            }
        }

        var steps = _graph.Steps.Where(step => all || names.Contains(OwnerOf(step))).Select(step => (Step: step, Trace: pinned.Find(step.Address))).Where(item => item.Trace is not null).ToList();
        if (steps.Count > 0)
        {
            parts.Add(new($"results of {steps.Count} {(steps.Count == 1 ? "step" : "steps")}", steps.GroupBy(item => item.Trace!.Fingerprint).ToDictionary(group => group.Key, group => RecordOf(group.First().Step, group.First().Trace!, pinned)), _ => null, null));
        }

        return parts;
    }

    private static string OwnerOf(Step step) => step.Address.Owner[(step.Address.Owner.IndexOf('/', StringComparison.Ordinal) + 1)..];

    private StepRecord RecordOf(Step step, StepTrace trace, LockFile pinned)
    {
        if (_engine.Store.TryGetRecord(trace.Fingerprint) is { } record && record.Outputs.SequenceEqual(trace.Outputs))
        {
            return record;
        }

        var facts = new System.Text.Json.Nodes.JsonObject();
        foreach (var name in step.FactNames)
        {
            facts[name] = pinned.Fact(step.Address.Owner, name)?.DeepClone();
        }

        return new() { Outputs = trace.Outputs, Facts = facts };
    }

    private async Task FetchRecordsAsync(RemoteCache cache, IEnumerable<Digest> keys, CancellationToken cancellationToken) =>
        await Parallel.ForEachAsync(keys.Where(key => _engine.Store.TryGetRecord(key) is null), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (key, token) =>
        {
            if (await cache.FetchRecordAsync(key, token) is { } record)
            {
                _engine.Store.PutRecord(key, record);
            }
        });

    private static TransferState Later(TransferState one, TransferState other) =>
        new(Math.Max(one.Objects, other.Objects), Math.Max(one.OfObjects, other.OfObjects), Math.Max(one.Bytes, other.Bytes));

    /// <summary>What is transferred as one: a dataset's bytes, or the results of steps.</summary>
    /// <param name="PathOf">Where an object lies that the store does not have.</param>
    private sealed record TransferPart(string What, IReadOnlyDictionary<Digest, StepRecord> Records, Func<Digest, string?> PathOf, Dataset? Dataset);
}
