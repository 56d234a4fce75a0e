using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.Engine;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Datasets;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Reports;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>Pins datasets: runs their import steps only.</summary>
    /// <param name="dataset">Only this one, whose file counts even where the lock moved; null for all.</param>
    /// <param name="update">Asks the sources first, and shows what changed before it is pinned.</param>
    /// <param name="dryRun">Only says what would be done.</param>
    /// <param name="cancellationToken">Ends it; lock and files are as they were.</param>
    public async Task<Outcome> ImportAsync(string? dataset, bool update, bool dryRun, CancellationToken cancellationToken)
    {
        if (dataset is not null && !_definition.Manifest.Data.ContainsKey(dataset))
        {
            throw Unknown("MLO2032", $"there is no dataset '{dataset}'", dataset, _definition.Manifest.Data.Keys);
        }

        var targets = _definition.Manifest.Data.Keys.Where(name => dataset is null || name == dataset).Select(StepFactory.ImportOf).ToList();
        if (update)
        {
            return await UpdateAsync(targets, dryRun, cancellationToken);
        }

        await SettleDataAsync(new(FetchesNew: !dryRun, dataset), cancellationToken, targets);
        if (dryRun)
        {
            var plan = Report(await _engine.PlanAsync(_graph, Options(targets), cancellationToken), CurrentLock);
            return new(ExitCode.Done, plan.Text(), plan.Json());
        }

        var (exit, report) = await PinAsync(targets, cancellationToken);
        return new(exit, report.Text(), report.Json());
    }

    private async Task<(ExitCode Exit, BuildReport Report)> PinAsync(List<StepName> targets, CancellationToken cancellationToken)
    {
        await using var remotes = OpenRemotes(_reporter.Warn);
        var result = await BuildAsync(_graph, Options(targets) with { Remote = remotes }, cancellationToken);
        _data.Pinned(_datasets, result, null);
        return (result.Cancelled ? ExitCode.Cancelled : result.Succeeded ? ExitCode.Done : ExitCode.Failed, new BuildReport(result, []));
    }

    private async Task<Outcome> UpdateAsync(List<StepName> targets, bool dryRun, CancellationToken cancellationToken)
    {
        var pinned = CurrentLock;
        var differences = new List<DatasetDifference>();
        var taken = new List<(Dataset Dataset, Fetched Fetched)>();
        foreach (var dataset in targets.Select(_datasets.GetValueOrDefault).OfType<Dataset>())
        {
            var fetched = dataset.Manifest.Source is null ? null : await _data.AskAsync(dataset, dataset.Pinned(pinned), cancellationToken);
            var difference = await DifferenceAsync(dataset, pinned, fetched, cancellationToken);
            differences.Add(difference);
            if (fetched is not null && difference.IsChanged)
            {
                taken.Add((dataset, fetched));
            }
            else if (fetched is not null)
            {
                _data.Confirm(dataset, fetched);
            }
        }

        var text = string.Join('\n', differences.Select(difference => difference.Text()));
        var json = new JsonArray([.. differences.Select(difference => (JsonNode)difference.Json())]);
        if (dryRun)
        {
            return new(ExitCode.Done, text, new JsonObject { ["changes"] = json });
        }

        _reporter.Note(text);
        foreach (var (dataset, fetched) in taken)
        {
            await _data.TakeAsync(dataset, fetched, cancellationToken);
        }

        return await PinUpdatedAsync(targets, json, [.. taken.Select(item => item.Dataset)], cancellationToken);
    }

    /// <summary>Pins what was taken; if that fails, the workspace gets back what the lock names.</summary>
    private async Task<Outcome> PinUpdatedAsync(List<StepName> targets, JsonArray changes, IReadOnlyList<Dataset> taken, CancellationToken cancellationToken)
    {
        var done = false;
        try
        {
            var others = targets.Where(target => _datasets.TryGetValue(target, out var dataset) && !taken.Contains(dataset)).ToList();
            await SettleDataAsync(new(FetchesNew: true), cancellationToken, others);
            var (exit, report) = await PinAsync(targets, cancellationToken);
            done = exit == ExitCode.Done;
            return new(exit, report.Text(), new JsonObject { ["changes"] = changes, ["build"] = report.Json() });
        }
        finally
        {
            if (!done)
            {
                await _data.SettleAsync(taken, () => CurrentLock, () => OpenRemotes(_reporter.Warn), new(FetchesNew: false, TakesBack: true), CancellationToken.None);
            }
        }
    }

    private async Task<DatasetDifference> DifferenceAsync(Dataset dataset, LockFile pinned, Fetched? fetched, CancellationToken cancellationToken)
    {
        var before = dataset.Pinned(pinned)?.Content;
        var looked = fetched is null && dataset.Manifest.Source is null ? _data.Look(dataset) : null;
        if (fetched is null && looked is null)
        {
            return new(dataset.Name, before, null);
        }

        var identity = fetched?.Identity ?? looked!.Value.Identity;
        var difference = new DatasetDifference(dataset.Name, before, identity.Sha256) { Bytes = ((long?)pinned.Fact(dataset.Owner, "bytes"), identity.Bytes) };
        if (!difference.IsChanged)
        {
            return difference;
        }

        if (!dataset.Manifest.IsTable)
        {
            var listing = looked?.Listing ?? fetched!.Listing ?? WorkspaceData.Alone(dataset, identity.Sha256);
            return difference with { Parts = DatasetDifference.Files(await PinnedAsync(pinned, dataset, PinAction.Listing, cancellationToken) is { } bytes ? TreeListing.TryParse(bytes) : null, listing) };
        }

        var frame = CsvReader.ReadFile(fetched?.Path ?? dataset.Path.In(Root), new() { Path = fetched is null ? dataset.Path.Value : dataset.Manifest.Source!.Url }, cancellationToken);
        var rows = await PinnedAsync(pinned, dataset, ImportAction.Rows, cancellationToken) is { } digests ? RowDigests.FromBytes(digests) : null;
        return difference with
        {
            RowCounts = (Rows(pinned, dataset.Name), frame.RowCount),
            Rows = rows is null ? null : RowDigests.Diff(rows, RowDigests.Of(frame)),
            Parts = DatasetDifference.Columns(pinned.Fact(dataset.Owner, "columns") as JsonObject, frame),
        };
    }

    /// <summary>What the pinned import made, from the store or a remote; null if nobody has it.</summary>
    private async Task<byte[]?> PinnedAsync(LockFile pinned, Dataset dataset, string output, CancellationToken cancellationToken)
    {
        if (pinned.Find(new(dataset.Owner, ImportAction.Name)) is not { } trace || !trace.Outputs.TryGetValue(output, out var digest))
        {
            return null;
        }

        if (_engine.Store.TryRead(digest) is { } here)
        {
            return here;
        }

        await using var remotes = OpenRemotes(_reporter.Warn);
        await remotes.FetchAsync([new(digest, IsTree: false)], cancellationToken);
        return _engine.Store.TryRead(digest);
    }
}
