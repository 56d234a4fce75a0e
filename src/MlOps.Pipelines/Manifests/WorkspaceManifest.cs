using System.Text.Json;
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

    /// <summary>Values by name, for <c>${NAME}</c> in any text of this file, of included files and of models: inside a text as text, alone with the type it has here. <c>$${</c> stands for <c>${</c>.</summary>
    public Dictionary<string, JsonElement>? Variables { get; set; }

    /// <summary>Further files with <c>data</c>, <c>steps</c> and <c>variables</c>: paths from the workspace's root, <c>*</c> and <c>?</c> within a name, <c>**</c> for any folders.</summary>
    public IReadOnlyList<string>? Include { get; set; }

    /// <summary>The datasets by name.</summary>
    public Dictionary<string, DatasetManifest> Data { get; set; } = [];

    /// <summary>Steps that are any program, by name; they run from the workspace's root.</summary>
    public Dictionary<string, RunStepManifest> Steps { get; set; } = [];

    /// <summary>Where results are kept besides this machine.</summary>
    public StoreManifest? Store { get; init; }

    /// <summary>How images are made.</summary>
    public ImageManifest? Image { get; set; }

    /// <summary>Where packages and images are published, <c>HOST[:PORT]/PATH</c>: each model has repositories of its own below it.</summary>
    public string? Registry { get; set; }

    /// <summary>The places that models are released to, by name, in promotion order.</summary>
    public Dictionary<string, EnvironmentManifest> Environments { get; set; } = [];
}

/// <summary>A file that <c>nuke.json</c> includes. Strict: an unknown key is an error.</summary>
public sealed record IncludeManifest
{
    /// <summary>Where editors find the schema; ignored otherwise.</summary>
    [JsonPropertyName("$schema")]
    public string? Schema { get; init; }

    /// <summary>Values by name, as if they stood in <c>nuke.json</c>.</summary>
    public Dictionary<string, JsonElement>? Variables { get; set; }

    /// <summary>Datasets, as if they stood in <c>nuke.json</c>: paths start at the workspace's root.</summary>
    public Dictionary<string, DatasetManifest> Data { get; set; } = [];

    /// <summary>Steps, as if they stood in <c>nuke.json</c>: they run from the workspace's root.</summary>
    public Dictionary<string, RunStepManifest> Steps { get; set; } = [];
}

/// <summary>How images are made.</summary>
public sealed record ImageManifest
{
    /// <summary>What they stand on: <c>debian</c>, the product's own list of Debian packages; or an image in a registry for linux/amd64 by digest, <c>HOST/REPOSITORY@sha256:…</c>, with the C library and OpenSSL that .NET needs. Default: <c>debian</c>.</summary>
    public string? Base { get; set; }
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

    /// <summary>Files with the public keys whose signatures count here, in the workspace. What counts is what the protected main branch says, so that a pull request cannot add its own key.</summary>
    public IReadOnlyList<string>? Trust { get; set; }
}
