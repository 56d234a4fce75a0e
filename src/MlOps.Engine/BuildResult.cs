using MlOps.Content;

namespace MlOps.Engine;

/// <summary>How a step ended.</summary>
public enum StepStatus
{
    /// <summary>Nothing was to be done.</summary>
    UpToDate,

    /// <summary>Its result was taken from the store.</summary>
    Restored,

    /// <summary>It ran.</summary>
    Ran,

    /// <summary>It ran and failed; nothing of it was kept.</summary>
    Failed,

    /// <summary>It did not run, because another step failed or the build was cancelled.</summary>
    Skipped,
}

/// <summary>How one step ended and why it was looked at.</summary>
/// <param name="Step">The step.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Seconds">Wall time of its run; 0 if it did not run.</param>
/// <param name="Reason">Why it was not up to date.</param>
/// <param name="Explanation">The reason in words; for skipped steps the steps that stood in the way; empty if it was up to date.</param>
public sealed record StepOutcome(Step Step, StepStatus Status, double Seconds, StaleReason Reason, string Explanation)
{
    /// <summary>Outputs and facts; null if it failed or was skipped.</summary>
    public StepRecord? Result { get; init; }

    /// <summary>Its key in the store; null if it failed or was skipped.</summary>
    public Digest? Fingerprint { get; init; }

    /// <summary>The inputs' digests by logical name; null while they are not known.</summary>
    public IReadOnlyDictionary<string, Digest>? Inputs { get; init; }

    /// <summary>The steps that it ran of its own, in their order; empty if it did not run.</summary>
    public IReadOnlyList<StepOutcome> Substeps { get; init; } = [];

    /// <summary>What it had to say: errors if it failed, warnings otherwise.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; init; } = [];
}

/// <summary>How a build ended.</summary>
/// <param name="Steps">All selected steps in the graph's order.</param>
/// <param name="LockWritten">Whether <c>data.lock.json</c> got other bytes.</param>
/// <param name="Lock">The lock as it now is.</param>
/// <param name="Cancelled">Whether the user ended it early; what had finished is kept.</param>
public sealed record BuildResult(IReadOnlyList<StepOutcome> Steps, bool LockWritten, LockFile Lock, bool Cancelled)
{
    /// <summary>Whether every step has its result.</summary>
    public bool Succeeded => !Cancelled && Steps.All(static step => step.Result is not null);

    /// <summary>All that the steps had to say, in the graph's order.</summary>
    public IEnumerable<Diagnostic> Diagnostics => Steps.SelectMany(static step => step.Diagnostics);

    /// <summary>Whether nothing ran, was restored or was written.</summary>
    public bool WasUpToDate => !LockWritten && Steps.All(static step => step.Status == StepStatus.UpToDate);
}
