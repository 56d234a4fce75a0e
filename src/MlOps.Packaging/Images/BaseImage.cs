using MlOps.Containers;
using MlOps.Content;

namespace MlOps.Packaging.Images;

/// <summary>What an image stands on: layers, and what their image's configuration passes on.</summary>
public sealed record BaseImage
{
    /// <summary>What people call it: <c>debian:12</c>, or the reference of an image in a registry.</summary>
    public required string Name { get; init; }

    /// <summary>Which one it is: of a registry's image the manifest's digest, of a list of packages the list's.</summary>
    public required Digest Digest { get; init; }

    /// <summary>The layers, from the lowest on.</summary>
    public required IReadOnlyList<Layer> Layers { get; init; }

    /// <summary>Environment variables that whatever stands on it inherits, <c>NAME=VALUE</c>.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];
}
