using MlOps.Content;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Reports;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>Pins datasets: runs their import steps only.</summary>
    /// <param name="dataset">Only this one; null for all.</param>
    /// <param name="dryRun">Only says what would be done.</param>
    public async Task<Outcome> ImportAsync(string? dataset, bool dryRun, CancellationToken cancellationToken)
    {
        if (dataset is not null && !_definition.Manifest.Data.ContainsKey(dataset))
        {
            throw Unknown("MLO2032", $"there is no dataset '{dataset}'", dataset, _definition.Manifest.Data.Keys);
        }

        var targets = _definition.Manifest.Data.Keys.Where(name => dataset is null || name == dataset).Select(StepFactory.ImportOf).ToList();
        await SettleDataAsync(new(FetchesNew: true, dataset), cancellationToken, targets);
        if (dryRun)
        {
            var plan = new PlanReport(await _engine.PlanAsync(_graph, Options(targets), cancellationToken));
            return new(ExitCode.Done, plan.Text(), plan.Json());
        }

        await using var remotes = OpenRemotes(_reporter.Warn);
        var result = await _engine.BuildAsync(_graph, Options(targets) with { Progress = Progress(), Remote = remotes }, cancellationToken);
        Tell(result);
        _data.Pinned(_datasets, result, null);
        var report = new BuildReport(result, []);
        return new(result.Cancelled ? ExitCode.Cancelled : result.Succeeded ? ExitCode.Done : ExitCode.Failed, report.Text(), report.Json());
    }
}
