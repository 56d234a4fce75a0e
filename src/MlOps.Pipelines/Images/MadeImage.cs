using MlOps.Containers;
using MlOps.Content;
using MlOps.Packaging;

namespace MlOps.Pipelines.Images;

/// <summary>An image that the lock pins.</summary>
/// <param name="Name">As engines tag it.</param>
/// <param name="Version">Its package's version.</param>
/// <param name="Digest">The manifest's.</param>
/// <param name="Manifest">What it is.</param>
/// <param name="Bytes">The manifest's bytes.</param>
internal sealed record MadeImage(string Name, PackageVersion Version, Digest Digest, Manifest Manifest, byte[] Bytes)
{
    private const int Digits = 12;

    /// <summary>The tag that never moves: the version with the first digits of the image.</summary>
    public string Tag => $"{Version}-{Digest.Hex[..Digits]}";

    /// <summary>What a tag says: <c>VERSION</c>, or <c>VERSION-DIGITS</c>; nulls for any other.</summary>
    public static (string? Version, string? Digits) Said(string? tag)
    {
        var parts = tag?.Split('-') ?? [];
        return parts.Length is 1 or 2 && PackageVersion.TryParse(parts[0], out var version) && (parts.Length == 1 || (parts[1].Length == Digits && parts[1].All(char.IsAsciiHexDigit)))
            ? (version.ToString(), parts.ElementAtOrDefault(1)) : default;
    }

    /// <summary>What it consists of besides its manifest.</summary>
    public IEnumerable<Digest> Blobs => Manifest.Layers.Prepend(Manifest.Config).Select(blob => blob.Digest);

    /// <summary>The bytes of all that is to be moved.</summary>
    public long Size => Bytes.Length + Manifest.Config.Size + Manifest.Layers.Sum(layer => layer.Size);
}
