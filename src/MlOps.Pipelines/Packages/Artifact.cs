using MlOps.Containers;
using MlOps.Content;

namespace MlOps.Pipelines.Packages;

/// <summary>A package or an image with what is attached to it, wherever it lies; nothing of it is believed yet.</summary>
/// <param name="Where">What people call the place.</param>
/// <param name="Stored">Its manifest.</param>
/// <param name="Open">The bytes of a blob, to be held against its descriptor by whoever reads them; null where it is missing.</param>
/// <param name="Attached">The manifests whose subject it is.</param>
internal sealed record Artifact(string Where, StoredManifest Stored, Func<Descriptor, Stream?> Open, IReadOnlyList<StoredManifest> Attached)
{
    private const int MostBytes = 64 << 20;

    /// <summary>The model that was asked for; null where only a place was named.</summary>
    public string? Model { get; init; }

    /// <summary>The version that it goes by, where it has one; it is no part of its bytes.</summary>
    public string? Version { get; init; }

    /// <summary>The digits of its digest that a tag <c>VERSION-DIGITS</c> says it has; null where it goes by none.</summary>
    public string? Digits { get; init; }

    /// <summary>The manifest of the package that an image says it serves; null where nobody has it.</summary>
    public byte[]? PackageBytes { get; init; }

    /// <summary>What has to be closed when it is no longer read; null for nothing.</summary>
    public IDisposable? Source { get; init; }

    /// <summary>Looks at the whole of what it lies in, and tells how much that is; null where nothing else lies there.</summary>
    public Func<CancellationToken, string>? Whole { get; init; }

    /// <summary>Its identity.</summary>
    public Digest Digest => Stored.Descriptor.Digest;

    /// <summary>A blob of moderate size; null where it is missing or larger.</summary>
    public byte[]? Read(Descriptor blob)
    {
        if (blob.Embedded is { } embedded)
        {
            return embedded;
        }

        using var stream = blob.Size is < 0 or > MostBytes ? null : Open(blob);
        if (stream is null)
        {
            return null;
        }

        var bytes = new byte[blob.Size + 1];
        return bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }
}
