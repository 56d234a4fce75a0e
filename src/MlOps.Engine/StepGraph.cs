using MlOps.Content;
using MlOps.Engine.Internal;

namespace MlOps.Engine;

/// <summary>Steps that fit together: names and outputs are unique, every input that a step makes exists, nothing depends on itself.</summary>
public sealed class StepGraph
{
    private readonly Dictionary<StepName, int> _index;

    internal StepGraph(Step[] steps, int[][] producers, Dictionary<StepName, int> index) =>
        (Steps, Producers, _index) = (steps, producers, index);

    /// <summary>The steps, producers before consumers; among equals ordinal by name, so that the order follows from the steps alone.</summary>
    public IReadOnlyList<Step> Steps { get; }

    /// <summary>For each step the positions of the steps whose outputs it reads, ascending.</summary>
    internal int[][] Producers { get; }

    /// <summary>Puts steps in order.</summary>
    /// <exception cref="DiagnosticException">Duplicate names, overlapping outputs, inputs that no step makes, cycles: all that were found, with paths such as <c>a → b → a</c>.</exception>
    public static StepGraph Create(IEnumerable<Step> steps) => GraphChecks.Create([.. steps]);

    /// <summary>The step of a name, or null.</summary>
    public Step? Find(StepName name) => _index.TryGetValue(name, out var at) ? Steps[at] : null;

    internal int IndexOf(StepName name) => _index[name];
}
