using System.Collections.Immutable;
using MlOps.Engine.Internal;
using MlOps.Content;

namespace MlOps.Engine;

/// <summary>A <c>run</c> step as users write it: a program, what it reads and what it writes.</summary>
/// <param name="Key">Its key under <c>steps</c>.</param>
/// <param name="Run">Program and arguments; started without a shell in a sandbox that holds what it reads.</param>
/// <param name="Reads">Paths below <see cref="Folder"/> (files or directories), paths that other run steps write, or <c>@step</c> for all outputs of a step.</param>
/// <param name="Writes">Relative paths of the files that it must make; users find them under <c>.mlops/out</c>.</param>
public sealed record RunDeclaration(string Key, ImmutableArray<string> Run, ImmutableArray<string> Reads, ImmutableArray<string> Writes)
{
    /// <summary>The owner's node in the lock; empty for steps of the workspace.</summary>
    public string Owner { get; init; } = "";

    /// <summary>The folder of the workspace that its paths start at and that its sandbox stands for; empty for the workspace itself.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Where it is declared, for diagnostics.</summary>
    public string? Origin { get; init; }

    /// <summary>The step's name: <c>steps/KEY</c>, or <c>OWNER/KEY</c> with the owner's last segment.</summary>
    /// <exception cref="FormatException">The key cannot be part of a name.</exception>
    public StepName Name => StepName.Parse(FullName);

    internal WorkspacePath InWorkspace(string path) => WorkspacePath.Parse(Folder.Length == 0 ? path : $"{Folder}/{path}");

    internal string FullName => Owner.Length == 0 ? $"steps/{Key}" : $"{Owner[(Owner.LastIndexOf('/') + 1)..]}/{Key}";

    /// <summary>Turns declarations into steps.</summary>
    /// <param name="declarations">All run steps of the workspace.</param>
    /// <param name="others">Built-in steps that <c>@step</c> may name, by the word after the at sign.</param>
    /// <exception cref="DiagnosticException">Bad keys and paths, an empty <c>run</c>, an unknown <c>@step</c>: all that were found.</exception>
    public static IReadOnlyList<Step> ToSteps(IReadOnlyList<RunDeclaration> declarations, IReadOnlyDictionary<string, Step>? others = null) =>
        new RunResolver(declarations, others ?? ImmutableDictionary<string, Step>.Empty).Steps();
}
