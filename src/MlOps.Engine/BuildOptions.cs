using System.Collections.Immutable;
using MlOps.Content;

namespace MlOps.Engine;

/// <summary>How to plan or build.</summary>
public sealed record BuildOptions
{
    /// <summary>The steps wanted, with all that they read from; null means all that are not made on demand only.</summary>
    public IReadOnlyCollection<StepName>? Targets { get; init; }

    /// <summary>How many steps run side by side, at least 1; default the number of processors.</summary>
    public int Jobs { get; init; } = Environment.ProcessorCount;

    /// <summary>Whether steps that do not depend on a failed one still run; default false.</summary>
    public bool KeepGoing { get; init; }

    /// <summary>Whether every selected step runs even if nothing changed; default false.</summary>
    public bool ForceAll { get; init; }

    /// <summary>Steps that run even if nothing changed.</summary>
    public ImmutableHashSet<StepName> Force { get; init; } = [];

    /// <summary>Asked for the facts that follow from a lock that is about to be written, and from what is known besides: they stand in it beside the steps' own. Null for none.</summary>
    public Func<LockFile, IReadOnlyList<LockFact>>? Conclude { get; init; }

    /// <summary>Whether results go into the store only: the lock, the checked-out files and what is remembered stay as they are; default false.</summary>
    public bool IsTrial { get; init; }

    /// <summary>Whether a program that opens an undeclared file of the workspace fails; Linux only, default false.</summary>
    public bool VerifyReads { get; init; }

    /// <summary>Shown the plan that is about to be carried out, while no other build can change the lock; what it throws ends the build before anything runs.</summary>
    public Action<BuildPlan>? Approve { get; init; }

    /// <summary>Told of everything that happens, from any thread, one call at a time.</summary>
    public Action<BuildEvent>? Progress { get; init; }

    /// <summary>The remotes that may have what a step would give; null if there is none.</summary>
    public RemoteCache? Remote { get; init; }

    /// <summary>A step that was tried just before; null if none was.</summary>
    public TriedStep? AlreadyTried { get; init; }

    /// <summary>Told every file that the answer depends on; null if nobody remembers the answer.</summary>
    public BuildMirror? Mirror { get; init; }
}

/// <summary>A step that was run just before this build, which has more to say of it than a <see cref="QuickBuild"/>, and takes over without running it again.</summary>
/// <param name="Fingerprint">What it was run for.</param>
public sealed record TriedStep(Digest Fingerprint)
{
    /// <summary>How it failed; null if it did not.</summary>
    public DiagnosticException? Failure { get; init; }

    /// <summary>What it gave, not yet kept under its fingerprint; null if it failed.</summary>
    public StepRecord? Result { get; init; }

    /// <summary>What is to be said of its run.</summary>
    public IReadOnlyList<Diagnostic> Warnings { get; init; } = [];

    /// <summary>How long it ran.</summary>
    public double Seconds { get; init; }
}

/// <summary>Something that happens during a build.</summary>
public abstract record BuildEvent
{
    private protected BuildEvent()
    {
    }

    /// <summary>Another build holds the workspace; this one waits for it.</summary>
    public sealed record Waiting : BuildEvent;

    /// <summary>Steps are about to run.</summary>
    /// <param name="Pending">How many will run, be restored or be decided later.</param>
    /// <param name="Plan">What is to be done with each selected step, in the graph's order.</param>
    public sealed record Started(int Pending, IReadOnlyList<PlannedStep> Plan) : BuildEvent;

    /// <summary>A step starts to run.</summary>
    /// <param name="Step">The step.</param>
    /// <param name="Explanation">Why it runs.</param>
    public sealed record StepStarted(Step Step, string Explanation) : BuildEvent;

    /// <summary>A running step says how far it is.</summary>
    /// <param name="Step">The step.</param>
    /// <param name="Text">A few words.</param>
    public sealed record StepProgress(Step Step, string Text) : BuildEvent;

    /// <summary>A step that a running step has of its own has ended well.</summary>
    /// <param name="Outcome">How.</param>
    public sealed record SubstepFinished(StepOutcome Outcome) : BuildEvent;

    /// <summary>A pending step has ended.</summary>
    /// <param name="Outcome">How.</param>
    /// <param name="Done">How many pending steps have ended.</param>
    /// <param name="Pending">How many there were.</param>
    public sealed record StepFinished(StepOutcome Outcome, int Done, int Pending) : BuildEvent;
}
