using System.Collections.Immutable;
using MlOps.Engine.Internal;
using MlOps.Content;

namespace MlOps.Engine;

/// <summary>A <c>run</c> step as users write it: a program, what it reads and what it writes.</summary>
/// <param name="Key">Its key under <c>steps</c>.</param>
/// <param name="Run">Program and arguments; started without a shell in a sandbox that holds what it reads.</param>
/// <param name="Reads">Paths below <see cref="Folder"/> (files, directories, patterns with <c>*</c>, <c>?</c> and <c>**</c>), paths that other run steps write,
/// or <c>@step</c> for all outputs of a step.</param>
/// <param name="Writes">Relative paths that it must make, those of directories with <c>/</c> at the end; users find them under <c>.mlops/out</c>.</param>
public sealed record RunDeclaration(string Key, ImmutableArray<string> Run, ImmutableArray<string> Reads, ImmutableArray<string> Writes)
{
    /// <summary>Commands that run after <see cref="Run"/>, each only if the one before succeeded.</summary>
    public ImmutableArray<ImmutableArray<string>> Then { get; init; } = [];

    /// <summary>Files among or beside <see cref="Writes"/> (JSON or CSV) whose numbers the lock shows.</summary>
    public ImmutableArray<string> Metrics { get; init; } = [];

    /// <summary>Files among or beside <see cref="Writes"/> (JSON or CSV) that reports draw.</summary>
    public ImmutableArray<string> Plots { get; init; } = [];

    /// <summary>Environment variables that the result depends on: <c>NAME</c> takes the caller's value, <c>NAME=value</c> sets it. Values stand in the lock.</summary>
    public ImmutableArray<string> Env { get; init; } = [];

    /// <summary>Where the program starts, relative to the sandbox; empty for the sandbox itself.</summary>
    public string Directory { get; init; } = "";

    /// <summary>The declared software; files are relative to <see cref="Folder"/>.</summary>
    public ToolchainDeclaration? Toolchain { get; init; }

    /// <summary>How it is run, none of which changes its result.</summary>
    public RunSettings Settings { get; init; } = new();

    /// <summary>Whether what the lock has stays, though its sources changed.</summary>
    public bool Frozen { get; init; }

    /// <summary>Whether it runs in every build.</summary>
    public bool Always { get; init; }

    /// <summary>The owner's node in the lock; empty for steps of the workspace.</summary>
    public string Owner { get; init; } = "";

    /// <summary>The folder of the workspace that its paths start at and that its sandbox stands for; empty for the workspace itself.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Where it is declared, for diagnostics.</summary>
    public string? Origin { get; init; }

    /// <summary>The step's name: <c>steps/KEY</c>, or <c>OWNER/KEY</c> with the owner's last segment.</summary>
    /// <exception cref="FormatException">The key cannot be part of a name.</exception>
    public StepName Name => StepName.Parse(FullName);

    /// <summary>All that it makes: <see cref="Writes"/>, <see cref="Metrics"/> and <see cref="Plots"/>, each once.</summary>
    public IEnumerable<string> Makes => Writes.Concat(Metrics).Concat(Plots).Distinct(StringComparer.Ordinal);

    internal IEnumerable<ImmutableArray<string>> Commands => Then.Prepend(Run);

    internal WorkspacePath InWorkspace(string path) => WorkspacePath.Parse(Folder.Length == 0 ? path : $"{Folder}/{path}");

    internal string FullName => Owner.Length == 0 ? $"steps/{Key}" : $"{Owner[(Owner.LastIndexOf('/') + 1)..]}/{Key}";

    /// <summary>Turns declarations into steps.</summary>
    /// <param name="declarations">All run steps of the workspace.</param>
    /// <param name="others">Built-in steps that <c>@step</c> may name, by the word after the at sign.</param>
    /// <param name="variable">The value of an environment variable, or null; default the process's own.</param>
    /// <exception cref="DiagnosticException">Bad keys and paths, an empty <c>run</c>, an unknown <c>@step</c>: all that were found.</exception>
    public static IReadOnlyList<Step> ToSteps(
        IReadOnlyList<RunDeclaration> declarations, IReadOnlyDictionary<string, Step>? others = null, Func<string, string?>? variable = null) =>
        new RunResolver(declarations, others ?? ImmutableDictionary<string, Step>.Empty, variable ?? Environment.GetEnvironmentVariable).Steps();
}

/// <summary>How a program is run; none of it changes what it makes, so no fingerprint covers it.</summary>
public sealed record RunSettings
{
    /// <summary>How long one attempt may take; null for ever.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How often it is tried again after it failed, 0 to 10; default 0.</summary>
    public int Retries { get; init; }

    /// <summary>Names of variables handed on from the caller: never hashed, stored or shown.</summary>
    public ImmutableArray<string> Pass { get; init; } = [];
}

/// <summary>The software that a step depends on, as declared; what it is at the moment is found out when the step is planned.</summary>
public sealed record ToolchainDeclaration
{
    /// <summary>Commands whose output tells a version, such as <c>python3 --version</c>.</summary>
    public ImmutableArray<ImmutableArray<string>> Probes { get; init; } = [];

    /// <summary>Files that pin packages, such as <c>requirements.txt</c>, by the name that they have in the lock.</summary>
    public ImmutableSortedDictionary<string, WorkspacePath> Files { get; init; } = ImmutableSortedDictionary.Create<string, WorkspacePath>(StringComparer.Ordinal);

    /// <summary>The digest of an image that stands for everything in it, or null.</summary>
    public string? Image { get; init; }
}
