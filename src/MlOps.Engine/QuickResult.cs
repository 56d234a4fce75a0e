using MlOps.Content;
using MlOps.Engine.Internal;

namespace MlOps.Engine;

/// <summary>How one step of a quick build ended.</summary>
/// <param name="Step">Its name.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Seconds">Wall time of its run; 0 if it did not run.</param>
/// <param name="Explanation">Why it was not up to date; empty if it was.</param>
/// <param name="Fingerprint">What it has a result for.</param>
public sealed record QuickStep(string Step, StepStatus Status, double Seconds, string Explanation, Digest Fingerprint)
{
    /// <summary>How much it read; null if it did not run.</summary>
    public long? InputBytes { get; init; }
}

/// <summary>How a quick build ended.</summary>
/// <param name="Pending">The steps that had to be decided, in the graph's order; all others were up to date.</param>
/// <param name="Steps">How many steps there are.</param>
/// <param name="Names">The names of all steps if there are few, in the graph's order; else none.</param>
/// <param name="Tail">What <see cref="BuildEngine.SaveImage"/> was given to stand below the table.</param>
public sealed record QuickResult(IReadOnlyList<QuickStep> Pending, int Steps, IReadOnlyList<string> Names, string Tail)
{
    /// <summary>The step that failed, or of which more is to be said; then nothing was written but results of others, and the whole build has to take over.</summary>
    public TriedStep? Tried { get; init; }
}

/// <summary>Told of what a quick build does.</summary>
/// <param name="Started">A step's name when it starts to run.</param>
/// <param name="Finished">A step's outcome, how many have ended, and how many there are.</param>
public sealed record QuickProgress(Action<string> Started, Action<QuickStep, int, int> Finished);
