using System.Text.Json;
using MlOps.Containers.Internal;

namespace MlOps.Containers;

/// <summary>An OCI image manifest: a configuration and layers, of an image or of any artifact.</summary>
/// <remarks>https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md. Equal manifests have equal bytes if their annotations have one order.</remarks>
public sealed record Manifest
{
    /// <summary>The most bytes that registries take for one manifest or index.</summary>
    public const int MaximumBytes = 4 << 20;

    /// <summary>Always 2.</summary>
    public int SchemaVersion { get; set; } = 2;

    /// <summary>The manifest's own media type.</summary>
    public string MediaType { get; set; } = MediaTypes.Manifest;

    /// <summary>The kind of artifact; null for an image.</summary>
    public string? ArtifactType { get; set; }

    /// <summary>The configuration; <see cref="Descriptor.Empty"/> for an artifact that has none.</summary>
    public required Descriptor Config { get; init; }

    /// <summary>The content, in order.</summary>
    public required IReadOnlyList<Descriptor> Layers { get; init; }

    /// <summary>The manifest that this one says something about.</summary>
    public Descriptor? Subject { get; set; }

    /// <summary>Further facts by name.</summary>
    public IReadOnlyDictionary<string, string>? Annotations { get; set; }

    /// <summary>The bytes that a registry keeps.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, JsonText.Plain.Manifest);

    /// <summary>Reads a manifest; members that are not known here are passed over. Null if it is none.</summary>
    public static Manifest? TryParse(ReadOnlySpan<byte> utf8) =>
        JsonText.TryRead(utf8, JsonText.Plain.Manifest) is { } manifest && !manifest.Layers.Contains(null!) ? manifest : null;
}

/// <summary>An OCI image index: a list of manifests.</summary>
/// <remarks>https://github.com/opencontainers/image-spec/blob/v1.1.0/image-index.md.</remarks>
public sealed record ImageIndex
{
    /// <summary>Always 2.</summary>
    public int SchemaVersion { get; set; } = 2;

    /// <summary>The index's own media type.</summary>
    public string MediaType { get; set; } = MediaTypes.Index;

    /// <summary>The kind of artifact; null for images.</summary>
    public string? ArtifactType { get; set; }

    /// <summary>The manifests, in order.</summary>
    public required IReadOnlyList<Descriptor> Manifests { get; init; }

    /// <summary>The manifest that this index says something about.</summary>
    public Descriptor? Subject { get; set; }

    /// <summary>Further facts by name.</summary>
    public IReadOnlyDictionary<string, string>? Annotations { get; set; }

    /// <summary>The bytes that a registry keeps.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, JsonText.Plain.ImageIndex);

    /// <summary>Reads an index; members that are not known here are passed over. Null if it is none.</summary>
    public static ImageIndex? TryParse(ReadOnlySpan<byte> utf8) =>
        JsonText.TryRead(utf8, JsonText.Plain.ImageIndex) is { } index && !index.Manifests.Contains(null!) ? index : null;
}

/// <summary>A manifest or an index as a registry holds it.</summary>
/// <param name="Descriptor">Media type, digest and size; the digest is that of <paramref name="Bytes"/>.</param>
/// <param name="Bytes">Its bytes.</param>
public sealed record StoredManifest(Descriptor Descriptor, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>A manifest as it will be held.</summary>
    public static StoredManifest Of(Manifest manifest)
    {
        var bytes = manifest.ToBytes();
        return new(Descriptor.Of(manifest.MediaType, bytes), bytes);
    }
}
