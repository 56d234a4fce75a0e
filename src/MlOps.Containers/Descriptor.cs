using System.Text;
using System.Text.Json.Serialization;
using MlOps.Content;

namespace MlOps.Containers;

/// <summary>What content is meant, by media type, digest and size: the OCI content descriptor.</summary>
/// <remarks>https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md. Members that are not named here are not kept.</remarks>
public sealed record Descriptor
{
    /// <summary>The annotation under which an image layout names a manifest.</summary>
    public const string RefName = "org.opencontainers.image.ref.name";

    private static readonly byte[] EmptyBytes = Encoding.UTF8.GetBytes("{}");

    /// <summary>What kind of content it is.</summary>
    public required string MediaType { get; init; }

    /// <summary>The sha256 of its bytes.</summary>
    public required Digest Digest { get; init; }

    /// <summary>Its length in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>The content itself; to be held against digest and size by whoever reads it: <see cref="Embedded"/>.</summary>
    public byte[]? Data { get; set; }

    /// <summary>For a manifest: the kind of artifact.</summary>
    public string? ArtifactType { get; set; }

    /// <summary>Further facts by name.</summary>
    public IReadOnlyDictionary<string, string>? Annotations { get; set; }

    /// <summary>For a manifest in an index: what it runs on.</summary>
    public Platform? Platform { get; set; }

    /// <summary>The embedded content if there is any and it is what digest and size say; else null.</summary>
    [JsonIgnore]
    public byte[]? Embedded => Data is { } data && data.LongLength == Size && Digest.Of(data) == Digest ? data : null;

    /// <summary>The two bytes <c>{}</c>, embedded: the configuration of an artifact that has none.</summary>
    public static Descriptor Empty { get; } = Of(MediaTypes.Empty, EmptyBytes) with { Data = EmptyBytes };

    /// <summary>The descriptor of some bytes.</summary>
    public static Descriptor Of(string mediaType, ReadOnlySpan<byte> content) =>
        new() { MediaType = mediaType, Digest = Digest.Of(content), Size = content.Length };
}

/// <summary>What an image runs on.</summary>
public sealed record Platform
{
    /// <summary>Such as <c>amd64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Such as <c>linux</c>.</summary>
    public required string Os { get; init; }

    /// <summary>Such as <c>v8</c>.</summary>
    public string? Variant { get; set; }
}
