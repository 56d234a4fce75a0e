using System.Text.Json;
namespace MlOps.Pipelines.Manifests;

/// <summary>A step that is any program. It runs in a private folder that holds what it reads, nothing else.</summary>
public sealed record RunStepManifest
{
    /// <summary>The program and its arguments, or a list of such commands, run one after another until one fails; no shell is involved.</summary>
    public required CommandList Run { get; init; }

    /// <summary>What it reads, relative to the workspace (or the model's folder): files, directories, patterns such as <c>data/**/*.csv</c>,
    /// <c>@step</c> for all that a step writes; what another step writes makes that step come first.</summary>
    public IReadOnlyList<string> Reads { get; set; } = [];

    /// <summary>What it writes, at these paths in its folder: files, and directories with <c>/</c> at the end. At least one, here or under metrics or plots.</summary>
    public IReadOnlyList<string> Writes { get; set; } = [];

    /// <summary>JSON or CSV files it writes, whose numbers the lock shows.</summary>
    public IReadOnlyList<string> Metrics { get; set; } = [];

    /// <summary>JSON or CSV files it writes, for reports to draw.</summary>
    public IReadOnlyList<string> Plots { get; set; } = [];

    /// <summary>Environment variables that the result depends on: <c>SEED</c> takes the caller's value, <c>SEED=1</c> sets it. Values stand in the lock: secrets belong in pass.</summary>
    public IReadOnlyList<string> Env { get; set; } = [];

    /// <summary>Environment variables handed on from the caller, such as secrets: never part of the result's key, never stored, shown as <c>***</c>.</summary>
    public IReadOnlyList<string> Pass { get; set; } = [];

    /// <summary>The software that the result depends on.</summary>
    public ToolchainManifest? Toolchain { get; set; }

    /// <summary>Where the program starts, relative to its folder.</summary>
    public string? Directory { get; set; }

    /// <summary>How long one attempt may take: seconds, or a text such as <c>30s</c>, <c>10m</c>, <c>2h</c>. Default: for ever.</summary>
    public Duration? Timeout { get; set; }

    /// <summary>How often it is tried again after it failed, 0 to 10.</summary>
    public int Retries { get; set; }

    /// <summary>Keep what the lock has, though the sources changed; a step that was never built runs.</summary>
    public bool Frozen { get; set; }

    /// <summary>Run on every Train, because it depends on something that no file shows.</summary>
    public bool Always { get; set; }

    /// <summary>Makes a step per value of a list, called <c>KEY@VALUE</c>; <c>${item}</c> is the value. An object has its name in <c>name</c> and its members as <c>${item.MEMBER}</c>.</summary>
    public JsonElement? Foreach { get; set; }

    /// <summary>Makes a step per combination of values, called <c>KEY@AXIS=VALUE,…</c>: each axis a list of values, <c>${AXIS}</c> the value.</summary>
    public JsonElement? Matrix { get; set; }

    /// <summary>Combinations that a <c>matrix</c> leaves out: each an object with values of some axes.</summary>
    public JsonElement? Exclude { get; set; }

    /// <summary>All that it writes.</summary>
    internal IEnumerable<string> Makes => Writes.Concat(Metrics).Concat(Plots);
}

/// <summary>The software that a step depends on, as declared; never what happens to be installed.</summary>
public sealed record ToolchainManifest
{
    /// <summary>Commands whose output tells a version, such as <c>["python3", "--version"]</c>.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Probe { get; set; } = [];

    /// <summary>Files that pin packages, such as <c>requirements.txt</c>.</summary>
    public IReadOnlyList<string> Files { get; set; } = [];

    /// <summary>The digest of an image that holds all of it, <c>sha256:…</c>.</summary>
    public string? Image { get; set; }
}
