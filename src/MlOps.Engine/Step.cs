using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MlOps.Content;

namespace MlOps.Engine;

/// <summary>Where a step's input comes from.</summary>
public abstract record StepInput
{
    private protected StepInput()
    {
    }
}

/// <summary>An input from the workspace: a file, or a directory with all below it.</summary>
/// <param name="Path">Where it lies.</param>
public sealed record FileInput(WorkspacePath Path) : StepInput
{
    /// <summary>Whether the lock shows its digest under the step's <c>inputs</c>; false where the owner's fact <c>sha256</c> shows it already (datasets).</summary>
    public bool InLock { get; init; } = true;
}

/// <summary>An input that another step makes.</summary>
/// <param name="Step">The producer.</param>
/// <param name="Output">The name of one of its outputs.</param>
public sealed record OutputInput(StepName Step, string Output) : StepInput;

/// <summary>One repeatable computation: action, code, parameters, toolchain, inputs, outputs, all declared. Free of absolute paths.</summary>
/// <remarks>All that can change the result is covered by its fingerprint. JSON values are not changed after construction; collections become ordinal whatever their comparer was.</remarks>
public sealed record Step
{
    /// <summary>Its name, unique in the graph.</summary>
    public required StepName Name { get; init; }

    /// <summary>What kind of computation it is: the key of its <see cref="IStepExecutor"/>, such as <c>train</c> or <c>run</c>.</summary>
    public required string Action { get; init; }

    /// <summary>The lock's place for its record.</summary>
    public required LockAddress Address { get; init; }

    /// <summary>The digests of the code it runs, by a name that people understand.</summary>
    public ImmutableSortedDictionary<string, Digest> Code { get; init => field = value.WithComparers(StringComparer.Ordinal); } = StepRecord.NoOutputs;

    /// <summary>Its parameters.</summary>
    public JsonObject Parameters { get; init; } = [];

    /// <summary>The declared software, name to version or digest.</summary>
    public ImmutableSortedDictionary<string, string> Toolchain { get; init => field = value.WithComparers(StringComparer.Ordinal); } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Its inputs by logical name. For <c>run</c> steps the name is the relative path at which the input appears.</summary>
    public ImmutableSortedDictionary<string, StepInput> Inputs { get; init => field = value.WithComparers(StringComparer.Ordinal); } =
        ImmutableSortedDictionary.Create<string, StepInput>(StringComparer.Ordinal);

    /// <summary>The names of the files that it must make: relative paths, ordinally sorted.</summary>
    public ImmutableSortedSet<string> Outputs { get; init => field = value.WithComparer(StringComparer.Ordinal); } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>The outputs that are copied out of the store so that users can look at them: output name to a path below <c>.mlops/out</c>.</summary>
    public ImmutableSortedDictionary<string, WorkspacePath> CheckedOut { get; init => field = value.WithComparers(StringComparer.Ordinal); } =
        ImmutableSortedDictionary.Create<string, WorkspacePath>(StringComparer.Ordinal);

    /// <summary>The names of the facts that its run yields; they stand in the lock in the owner's node.</summary>
    public ImmutableSortedSet<string> FactNames { get; init => field = value.WithComparer(StringComparer.Ordinal); } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>Whether <c>@step</c> among a run step's reads means what this step reads, not what it makes: a dataset that is only pinned.</summary>
    public bool StandsForItsInputs { get; init; }

    /// <summary>Where it is declared, for diagnostics: a file relative to the workspace with <c>:line</c>.</summary>
    public string? Origin { get; init; }
}
