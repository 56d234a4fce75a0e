using MlOps.Content;

namespace MlOps.Pipelines.Manifests;

/// <summary>Where results are kept besides this machine.</summary>
public sealed record StoreManifest
{
    /// <summary>Stores that machines share, in the order in which they are asked; a step whose result one of them has is not run.</summary>
    public IReadOnlyList<RemoteManifest> Remotes { get; set; } = [];
}

/// <summary>A store that machines share; a plain text stands for its <c>url</c>.</summary>
[JsonShorthand("url")]
public sealed record RemoteManifest
{
    /// <summary>Its address, without credentials: <c>oci://HOST[:PORT]/REPOSITORY</c>, <c>s3://BUCKET[/PREFIX]</c>, or a folder (absolute, or relative to the workspace).</summary>
#pragma warning disable CA1056 // A folder's path is one, too.
    public required string Url { get; init; }
#pragma warning restore CA1056

    /// <summary>S3 only: the service's address; default Amazon's.</summary>
    public string? Endpoint { get; init; }

    /// <summary>S3 only: the region; default what the environment says.</summary>
    public string? Region { get; init; }

    /// <summary>Whether its word counts for what a step would give; its bytes are held against their digests either way. If false, only results that the lock names are taken from it. Default true.</summary>
    public bool Trust { get; set; } = true;

    /// <summary>Whether Train stores there at once what it made; default false: only Push does.</summary>
    public bool Push { get; set; }
}
