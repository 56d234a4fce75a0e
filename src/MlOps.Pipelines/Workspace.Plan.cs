using MlOps.Pipelines.Reports;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>Says what Train would do and why; exit 2 if that is anything.</summary>
    public async Task<Outcome> PlanAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RestoreData();
        await using var remotes = OpenRemotes(_reporter.Warn);
        var plan = await _engine.PlanAsync(_graph, Options() with { Remote = remotes }, cancellationToken);
        var report = new PlanReport(plan);
        return new(plan.IsUpToDate ? ExitCode.Done : ExitCode.Pending, report.Text(), report.Json());
    }
}
