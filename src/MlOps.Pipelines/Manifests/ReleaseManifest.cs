namespace MlOps.Pipelines.Manifests;

/// <summary>An entry of <c>models/NAME/releases.json</c>, an object from environment to the version that it is to run.</summary>
public sealed record ReleaseManifest
{
    /// <summary>The digest of the model file, <c>sha256:</c> and 64 hex digits.</summary>
    public required string Model { get; init; }

    /// <summary>The version's number.</summary>
    public string? Version { get; init; }
}
