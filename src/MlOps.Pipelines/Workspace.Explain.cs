using MlOps.Content;
using MlOps.Data;
using MlOps.Engine;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Reports;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>Says what changed since the lock of a revision, rows and parameters old → new, and which steps that reran or will rerun.</summary>
    /// <param name="revision">A git revision; null compares with HEAD where there is one, else only with the lock at hand.</param>
    public async Task<Outcome> ExplainAsync(string? revision, CancellationToken cancellationToken)
    {
        RestoreData();
        var current = CurrentLock;
        var committed = await Git.ShowAsync(Root, revision ?? "HEAD", BuildEngine.LockName, cancellationToken);
        if (committed is null && revision is not null)
        {
            throw new DiagnosticException(new Diagnostic("MLO2050", $"revision '{revision}' has no {BuildEngine.LockName} here")
            {
                Why = "git does not know the revision, or the lock was not committed there",
                Mend = "name a commit, branch or tag that has it: git log -- data.lock.json",
            });
        }

        var report = new ExplainReport(revision ?? "HEAD");
        if (committed is not null)
        {
            var before = LockFile.Parse(committed, $"{revision ?? "HEAD"}:{BuildEngine.LockName}");
            report.Landed(LockComparison.Of(before, current, dataset => RowsBetween(before, current, dataset)));
        }

        var plan = await _engine.PlanAsync(_graph, Options(), cancellationToken);
        report.Pending(plan, [.. plan.Steps.Where(step => step.Action is PlannedAction.Run or PlannedAction.Restore && step.Step.Action == ImportAction.Name)
            .Select(step => RowsPending(current, step.Step, cancellationToken)).OfType<DatasetChange>()]);
        return new(ExitCode.Done, report.Text(), report.Json());
    }

    private DatasetChange RowsBetween(LockFile before, LockFile after, string dataset) =>
        new(dataset, Rows(before, dataset), Rows(after, dataset), Difference(RowDigestsOf(before, dataset), RowDigestsOf(after, dataset)));

    /// <summary>How a dataset that is not imported yet differs from the one pinned; null where it cannot be read (Train will say why).</summary>
    private DatasetChange? RowsPending(LockFile pinned, Step import, CancellationToken cancellationToken)
    {
        if (import.Inputs[ImportAction.Csv] is not FileInput file)
        {
            return null;
        }

        try
        {
            var frame = CsvReader.ReadFile(file.Path.In(Root), new() { Path = file.Path.Value }, cancellationToken);
            var name = import.Address.Owner["data/".Length..];
            return new(name, Rows(pinned, name), frame.RowCount, Difference(RowDigestsOf(pinned, name), RowDigests.Of(frame)));
        }
        catch (Exception failure) when (IoFailure.Covers(failure))
        {
            _reporter.Warn(IoFailure.Describe(failure, Root));
            return null;
        }
        catch (DiagnosticException failure)
        {
            foreach (var diagnostic in failure.Diagnostics)
            {
                _reporter.Warn(diagnostic);
            }

            return null;
        }
    }

    private static RowDifference? Difference(RowDigests? before, RowDigests? after) =>
        before is null || after is null ? null : RowDigests.Diff(before, after);

    private static long? Rows(LockFile pinned, string dataset) => (long?)pinned.Fact($"data/{dataset}", "rows");

    private RowDigests? RowDigestsOf(LockFile pinned, string dataset) =>
        pinned.Find(new($"data/{dataset}", ImportAction.Name)) is { } trace && trace.Outputs.TryGetValue(ImportAction.Rows, out var digest)
            && _engine.Store.TryRead(digest) is { } bytes ? RowDigests.FromBytes(bytes) : null;
}
