using System.Collections.Immutable;
using MlOps.Content;

namespace MlOps.Engine;

/// <summary>How to plan or build.</summary>
public sealed record BuildOptions
{
    /// <summary>The steps wanted, with all that they read from; null means all.</summary>
    public IReadOnlyCollection<StepName>? Targets { get; init; }

    /// <summary>How many steps run side by side, at least 1; default the number of processors.</summary>
    public int Jobs { get; init; } = Environment.ProcessorCount;

    /// <summary>Whether steps that do not depend on a failed one still run; default false.</summary>
    public bool KeepGoing { get; init; }

    /// <summary>Whether every selected step runs even if nothing changed; default false.</summary>
    public bool ForceAll { get; init; }

    /// <summary>Steps that run even if nothing changed.</summary>
    public ImmutableHashSet<StepName> Force { get; init; } = [];

    /// <summary>Told of everything that happens, from any thread, one call at a time.</summary>
    public Action<BuildEvent>? Progress { get; init; }

    /// <summary>The remotes that may have what a step would give; null if there is none.</summary>
    public RemoteCache? Remote { get; init; }

    /// <summary>A step that was tried just before; null if none was.</summary>
    public FailedStep? AlreadyFailed { get; init; }

    /// <summary>Told every file that the answer depends on; null if nobody remembers the answer.</summary>
    public BuildMirror? Mirror { get; init; }
}

/// <summary>A step that failed just before this build, which reports it without running it again.</summary>
/// <param name="Fingerprint">What it would have been the result of.</param>
/// <param name="Why">How it failed.</param>
public sealed record FailedStep(Digest Fingerprint, DiagnosticException Why);

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
    public sealed record Started(int Pending) : BuildEvent;

    /// <summary>A step starts to run.</summary>
    /// <param name="Step">The step.</param>
    /// <param name="Explanation">Why it runs.</param>
    public sealed record StepStarted(Step Step, string Explanation) : BuildEvent;

    /// <summary>A running step says how far it is.</summary>
    /// <param name="Step">The step.</param>
    /// <param name="Text">A few words.</param>
    public sealed record StepProgress(Step Step, string Text) : BuildEvent;

    /// <summary>A pending step has ended.</summary>
    /// <param name="Outcome">How.</param>
    /// <param name="Done">How many pending steps have ended.</param>
    /// <param name="Pending">How many there were.</param>
    public sealed record StepFinished(StepOutcome Outcome, int Done, int Pending) : BuildEvent;
}
