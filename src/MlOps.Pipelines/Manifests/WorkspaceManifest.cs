using System.Text.Json.Serialization;
using MlOps.Data;

namespace MlOps.Pipelines.Manifests;

/// <summary><c>nuke.json</c>: what a workspace is made of. Strict: an unknown key is an error.</summary>
public sealed record WorkspaceManifest
{
    /// <summary>Where editors find the schema; ignored otherwise.</summary>
    [JsonPropertyName("$schema")]
    public string? Schema { get; init; }

    /// <summary>The workspace's name: letters, digits and hyphens.</summary>
    public required string Name { get; init; }

    /// <summary>The datasets by name.</summary>
    public Dictionary<string, DatasetManifest> Data { get; set; } = [];

    /// <summary>Steps that are any program, by name; they run from the workspace's root.</summary>
    public Dictionary<string, RunStepManifest> Steps { get; set; } = [];

    /// <summary>Where results are kept besides this machine.</summary>
    public StoreManifest? Store { get; init; }

    /// <summary>The places that models are released to, by name, in promotion order.</summary>
    public Dictionary<string, EnvironmentManifest> Environments { get; set; } = [];
}

/// <summary>A named input, pinned in the lock.</summary>
public sealed record DatasetManifest
{
    /// <summary>A CSV file, relative to the workspace's root, inside it; or a file that a run step writes.</summary>
    public required string Path { get; init; }

    /// <summary>What every version of the data must keep; a breach fails the build with row numbers and values.</summary>
    public DataContract? Contract { get; init; }
}

/// <summary>A step that is any program. It runs in a private folder that holds what it reads, nothing else.</summary>
public sealed record RunStepManifest
{
    /// <summary>The program and its arguments; no shell is involved.</summary>
    public required IReadOnlyList<string> Run { get; init; }

    /// <summary>Files it reads, relative to the workspace (or the model's folder); a file that another step writes makes that step come first.</summary>
    public IReadOnlyList<string> Reads { get; set; } = [];

    /// <summary>Files it writes, at these paths in its folder; at least one.</summary>
    public required IReadOnlyList<string> Writes { get; init; }
}

/// <summary>How an environment is reached.</summary>
public enum Driver
{
    /// <summary>A process on this machine.</summary>
    Process,
}

/// <summary>A place that models are released to.</summary>
public sealed record EnvironmentManifest
{
    /// <summary>How it is reached: <c>process</c> is a process on this machine.</summary>
    public required Driver Driver { get; init; }

    /// <summary>The port of the scoring service on 127.0.0.1, 1 to 65535.</summary>
    public int Port { get; set; } = 8085;
}
