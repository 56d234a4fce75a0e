using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Reports;
using MlOps.Pipelines.Runs;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>The code of the refusal to do anything but what was planned.</summary>
    private const string StalePlan = "MLO2133";

    /// <summary>Says what Train would do and why; exit 2 if that is anything.</summary>
    /// <param name="saveTo">A file to save the plan in, for <see cref="WorkspaceOptions.Plan"/>; null saves none.</param>
    public async Task<Outcome> PlanAsync(string? saveTo, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await SettleDataAsync(new(), cancellationToken);
        await using var remotes = OpenRemotes(_reporter.Warn);
        var plan = await _engine.PlanAsync(_graph, Options() with { Remote = remotes }, cancellationToken);
        var prior = CurrentLock;
        if (saveTo is not null)
        {
            SavedPlan.Of(plan, _options, prior, _code.Product, _engine.Files.DigestOf).Write(saveTo);
        }

        var report = Report(plan, prior);
        return new(plan.IsUpToDate ? ExitCode.Done : ExitCode.Pending, report.Text(), report.Json());
    }

    private PlanReport Report(BuildPlan plan, LockFile prior) => new(plan, prior, plan.IsUpToDate ? null : NewForecast(), _options.Jobs);

    /// <summary>Refuses to build anything but the saved plan.</summary>
    private void Approve(BuildPlan now)
    {
        var differences = _saved!.DifferencesTo(now, CurrentLock, _code.Product, _engine.Files.DigestOf);
        if (differences.Count > 0)
        {
            throw new DiagnosticException(new Diagnostic(StalePlan, "the plan is stale: something changed since it was made")
            {
                Where = _options.Plan,
                Why = string.Join("; ", differences),
                Mend = $"plan again, and look at it: ./build.sh Plan --out {_options.Plan}",
            });
        }
    }
}
