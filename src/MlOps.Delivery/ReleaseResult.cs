using MlOps.Content;

namespace MlOps.Delivery;

/// <summary>How a release ended.</summary>
public enum ReleaseOutcome
{
    /// <summary>What should run did run already and is ready; nothing was done but the smoke test.</summary>
    Unchanged,

    /// <summary>Nothing ran before; the service was started and passed its smoke test.</summary>
    Started,

    /// <summary>Another service ran before; the new one took its place and passed its smoke test.</summary>
    Replaced,

    /// <summary>The new service failed; the one that ran before runs again.</summary>
    RolledBack,

    /// <summary>The new service failed and nothing runs: there was none before, or it did not come back either.</summary>
    Failed,
}

/// <summary>What a release did.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Status">What runs now.</param>
public sealed record ReleaseResult(ReleaseOutcome Outcome, ServiceStatus Status)
{
    /// <summary>What the smoke test found in the service; null where it did not get that far.</summary>
    public SmokeReport? Smoke { get; init; }

    /// <summary>Why the new service failed, and why the old one did not come back if it did not; empty on success.</summary>
    public IReadOnlyList<Diagnostic> Problems { get; init; } = [];

    /// <summary>Whether the environment has the state that was asked for.</summary>
    public bool Succeeded => (Outcome is ReleaseOutcome.Unchanged or ReleaseOutcome.Started or ReleaseOutcome.Replaced) && Smoke is not { Passed: false };

    /// <summary>Whether the service was refused because its answers were wrong (exit code 3), not because it failed to start (exit code 1).</summary>
    public bool RefusedBySmokeTest => !Succeeded && Smoke is { Passed: false };
}
