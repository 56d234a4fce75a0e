using MlOps.Content;

namespace MlOps.Delivery;

/// <summary>Brings an environment to the state it should have, checks it, and takes the change back when the check fails.</summary>
public sealed class Reconciler(IDriver driver)
{
    /// <summary>Starts or replaces the service, unless what should run is running; then it is only tested again.</summary>
    /// <remarks>With the <c>process</c> driver old and new share one port: the old service finishes its requests and ends before the new one
    /// starts, so new connections are refused for a moment.</remarks>
    /// <param name="desired">What should run.</param>
    /// <param name="smoke">What the new service must answer to stay.</param>
    /// <param name="cancellationToken">Cancelling while the new service starts brings the old one back, then throws.</param>
    /// <exception cref="DiagnosticException">Nothing was changed: a file is missing or damaged, the port is a stranger's, or another release is under
    /// way.</exception>
    public async Task<ReleaseResult> ReleaseAsync(ServiceSpec desired, SmokeTest smoke, CancellationToken cancellationToken)
    {
        using var held = await driver.LockAsync(cancellationToken);
        var before = await driver.StatusAsync(cancellationToken);
        if (before.State == ServiceState.Ready && before.Identity == driver.Identify(desired))
        {
            // The examples may have changed though the service has not.
            var seen = await smoke.RunAsync(desired.Environment.Url, cancellationToken);
            return new(ReleaseOutcome.Unchanged, before) { Smoke = seen, Problems = seen.Passed ? [] : [SmokeFailed(desired, seen)] };
        }

        await driver.PrepareAsync(desired, cancellationToken);
        await driver.StopAsync(cancellationToken);
        SmokeReport? report = null;
        IReadOnlyList<Diagnostic> problems;
        try
        {
            var status = await driver.StartAsync(desired, cancellationToken);
            report = await smoke.RunAsync(desired.Environment.Url, cancellationToken);
            if (report.Passed)
            {
                return new(before.State == ServiceState.Stopped ? ReleaseOutcome.Started : ReleaseOutcome.Replaced, status) { Smoke = report };
            }

            problems = [SmokeFailed(desired, report)];
        }
        catch (DiagnosticException problem)
        {
            problems = problem.Diagnostics;
        }
        catch (OperationCanceledException)
        {
            await RestoreAsync(before);
            throw;
        }

        return await TakeBackAsync(before, problems) with { Smoke = report };
    }

    /// <summary>Stops the environment's service; false where none ran.</summary>
    public async Task<bool> StopAsync(CancellationToken cancellationToken)
    {
        using var held = await driver.LockAsync(cancellationToken);
        return await driver.StopAsync(cancellationToken);
    }

    private async Task<ReleaseResult> TakeBackAsync(ServiceStatus before, IReadOnlyList<Diagnostic> problems)
    {
        try
        {
            var restored = await RestoreAsync(before);
            return new(restored.State == ServiceState.Stopped ? ReleaseOutcome.Failed : ReleaseOutcome.RolledBack, restored) { Problems = problems };
        }
        catch (DiagnosticException problem)
        {
            return new(ReleaseOutcome.Failed, await driver.StatusAsync(CancellationToken.None)) { Problems = [.. problems, .. problem.Diagnostics] };
        }
    }

    /// <summary>Not cancellable: half a rollback is worse than a slow one.</summary>
    private async Task<ServiceStatus> RestoreAsync(ServiceStatus before)
    {
        await driver.StopAsync(CancellationToken.None);
        return before.Spec is null ? before : await driver.StartAsync(before.Spec, CancellationToken.None);
    }

    private static Diagnostic SmokeFailed(ServiceSpec desired, SmokeReport report)
    {
        var failed = report.Checks.Where(check => !check.Passed).ToList();
        return new("MLO7005", $"the smoke test of environment '{desired.Environment.Name}' failed: {failed.Count} of {report.Checks.Count} checks")
        {
            Where = desired.Environment.Url.ToString(),
            Why = string.Join("\n         ", failed.Take(5).Select(check => $"{check.Model} {check.Name}: {check.Message}".TrimStart())),
        };
    }
}
