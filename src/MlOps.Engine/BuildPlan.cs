using MlOps.Content;

namespace MlOps.Engine;

/// <summary>What a build would do with a step.</summary>
public enum PlannedAction
{
    /// <summary>Nothing: the lock has its result and the store its outputs.</summary>
    UpToDate,

    /// <summary>Take the result from the store, where an earlier run left it.</summary>
    Restore,

    /// <summary>Run it.</summary>
    Run,

    /// <summary>Decide when the steps that it reads from have run.</summary>
    Await,
}

/// <summary>What a build would do with one step and why.</summary>
/// <param name="Step">The step.</param>
/// <param name="Action">What would be done.</param>
/// <param name="Reason">Why; <see cref="StaleReason.None"/> if it is up to date. A restored step has the reason for which it differs from the lock.</param>
/// <param name="Changes">What changed, old → new; names as in <see cref="Fingerprint"/>: <c>/parameters/trees</c>, <c>/code/…</c>, <c>/inputs/…</c>, <c>/toolchain/…</c>.</param>
/// <param name="DependsOn">The steps waited for, if the action is <see cref="PlannedAction.Await"/>.</param>
public sealed record PlannedStep(
    Step Step,
    PlannedAction Action,
    StaleReason Reason,
    IReadOnlyList<PartChange> Changes,
    IReadOnlyList<StepName> DependsOn)
{
    /// <summary>The fingerprint, or null while it depends on steps that have not run.</summary>
    public Digest? Fingerprint { get; init; }

    /// <summary>The outputs and facts, or null while they are not known.</summary>
    public StepRecord? Result { get; init; }

    /// <summary>The inputs' digests by logical name, or null while they are not known.</summary>
    public IReadOnlyDictionary<string, Digest>? Inputs { get; init; }

    /// <summary>The reason in words, such as <c>parameter trees changed: 300 → 400</c>; empty if it is up to date.</summary>
    public string Explanation => Internal.Wording.Explain(this);
}

/// <summary>What a build would do, step by step in the graph's order, and the steps of the lock that are declared no more.</summary>
/// <param name="Steps">The selected steps and all that they read from.</param>
/// <param name="Removed">Places in the lock whose steps are gone.</param>
/// <param name="LockChanges">Whether the lock's bytes would change, even if nothing runs.</param>
public sealed record BuildPlan(IReadOnlyList<PlannedStep> Steps, IReadOnlyList<LockAddress> Removed, bool LockChanges)
{
    /// <summary>Whether a build would do nothing at all.</summary>
    public bool IsUpToDate => !LockChanges && Steps.All(static step => step.Action == PlannedAction.UpToDate);
}
