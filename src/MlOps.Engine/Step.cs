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

/// <summary>The files of the workspace that a pattern matches; their set is part of the content, so a new one counts as a change.</summary>
/// <param name="Folder">The folder that the pattern starts at; empty for the workspace.</param>
/// <param name="Pattern">Such as <c>data/**/*.csv</c>.</param>
public sealed record GlobInput(string Folder, string Pattern) : StepInput
{
    /// <summary>Paths relative to <see cref="Folder"/> that steps write: they are inputs of their own, or none.</summary>
    public ImmutableSortedSet<string> Except { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>Whether it may match no file of the workspace, because it matches what a step writes.</summary>
    public bool MayBeEmpty { get; init; }
}

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

    /// <summary>Software whose version is found out when the step is planned; it is added to <see cref="Toolchain"/> then.</summary>
    public ToolchainDeclaration? Tools { get; init; }

    /// <summary>Those of its outputs whose numbers the lock shows at the step.</summary>
    public ImmutableArray<string> Metrics { get; init; } = [];

    /// <summary>How its programs are run; covered by no fingerprint.</summary>
    public RunSettings Run { get; init; } = new();

    /// <summary>Whether what the lock has stays though the sources changed; a step that the lock does not have runs, and so does one that <c>--force</c> names.</summary>
    public bool Frozen { get; init; }

    /// <summary>Whether it runs in every build, because it depends on something that no file shows.</summary>
    public bool Always { get; init; }

    /// <summary>Whether only a build that names it, or what reads from it, runs it. The lock keeps its result while it would be the same, and no longer. All its inputs are outputs.</summary>
    public bool OnDemand { get; init; }

    /// <summary>Whether its result also follows from what is no input of it, such as the champion of now: a lock that tells another result than the store is checked by running it, and
    /// other bytes for the same inputs are no fault.</summary>
    public bool LooksElsewhere { get; init; }

    /// <summary>Where it is declared, for diagnostics: a file relative to the workspace with <c>:line</c>.</summary>
    public string? Origin { get; init; }
}
