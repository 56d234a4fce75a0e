using MlOps.Content;

namespace MlOps.Containers.Docker;

/// <summary>An image that an engine has.</summary>
/// <param name="Id">The digest of its configuration.</param>
public sealed record DockerImage(Digest Id)
{
    /// <summary>Its names with tags.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>Its names by the digest of a manifest, where it came from a registry or went to one.</summary>
    public required IReadOnlyList<string> RepositoryDigests { get; init; }

    /// <summary>The sha256 of each layer's tar, from the lowest on.</summary>
    public required IReadOnlyList<Digest> DiffIds { get; init; }

    /// <summary>Facts by name.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>How many bytes it takes, unpacked.</summary>
    public required long Size { get; init; }

    /// <summary>What it runs on.</summary>
    public required Platform Platform { get; init; }

    /// <summary>Who its process is; empty for root.</summary>
    public required string User { get; init; }
}
