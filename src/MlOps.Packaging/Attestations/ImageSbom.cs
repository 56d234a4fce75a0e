using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Packaging.Internal;

namespace MlOps.Packaging;

/// <summary>What an image is made of: CycloneDX 1.6. Equal bills have equal bytes, whatever the order of their parts.</summary>
/// <remarks>https://cyclonedx.org/docs/1.6/json/. The model package is one of the components, with its card, and its parts stand beside it.</remarks>
public sealed record ImageSbom
{
    /// <summary>The image's digest.</summary>
    public required Digest Subject { get; init; }

    /// <summary>The image's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its version.</summary>
    public required PackageVersion Version { get; init; }

    /// <summary>Debian packages, the runtime, and what the service uses.</summary>
    public IReadOnlyList<SbomPackage> Packages { get; init; } = [];

    /// <summary>The model package in it; its own time counts for nothing here.</summary>
    public ModelSbom? Model { get; init; }

    /// <summary>When the bill was made, to the second; null to let the bytes follow from the content alone.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>The bill's bytes.</summary>
    public byte[] ToBytes()
    {
        var bom = new CycloneDx();
        var parts = Packages.Select(bom.Add).ToList();
        if (Model is not null)
        {
            parts.Add(bom.Add(Model.AddTo(bom)));
        }

        bom.DependsOn(Subject.ToString(), parts);
        bom.Root(new()
        {
            ["type"] = "container",
            ["bom-ref"] = Subject.ToString(),
            ["name"] = Name,
            ["version"] = Version.ToString(),
            ["hashes"] = CycloneDx.Hashes(Subject),
        });
        return bom.ToBytes(Timestamp);
    }

    /// <summary>The statement that says this of the image.</summary>
    public Statement About() => Statement.Of(new(Name, Subject), PredicateTypes.CycloneDx, ToBytes());
}
