using MlOps.Content;

namespace MlOps.Packaging.Images;

/// <summary>A package of a Debian distribution, pinned by its bytes.</summary>
public sealed record DebianPackage
{
    /// <summary>As apt knows it: <c>libc6</c>.</summary>
    public required string Name { get; init; }

    /// <summary>As apt knows it: <c>2.36-9+deb12u14</c>.</summary>
    public required string Version { get; init; }

    /// <summary>Where mirrors have it, as a URL's path: <c>debian/pool/main/g/glibc/libc6_….deb</c>.</summary>
    public required string Path { get; init; }

    /// <summary>The file's length in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>The file's sha256.</summary>
    public required Digest Digest { get; init; }
}
