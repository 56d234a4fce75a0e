using MlOps.Pipelines.Reports;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>Says what Train would do and why; exit 2 if that is anything.</summary>
    public Task<Outcome> PlanAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RestoreData();
        var plan = _engine.Plan(_graph, Options());
        var report = new PlanReport(plan);
        return Task.FromResult(new Outcome(plan.IsUpToDate ? ExitCode.Done : ExitCode.Pending, report.Text(), report.Json()));
    }
}
