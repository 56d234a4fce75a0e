using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Packaging;
using MlOps.Packaging.Images;
using MlOps.Pipelines.Images;

namespace MlOps.Pipelines.Packages;

/// <summary>What can be said of an image: which package, base and service it was composed of, and what these are made of.</summary>
/// <param name="image">The image.</param>
/// <param name="model">The model's name.</param>
/// <param name="package">Its package.</param>
/// <param name="onto">What it stands on.</param>
internal sealed class ImageStatements(MadeImage image, string model, Digest package, BaseImage onto)
{
    /// <summary>What the provenance's parameters mean.</summary>
    public const string BuildType = "urn:mlops:image:v1";

    /// <summary>The parameter that names the package's digest.</summary>
    public const string Package = "package";

    /// <summary>The runtime that services are published with, by its packages.</summary>
    private static readonly string[] Runtime = ["Microsoft.NETCore.App.Runtime.linux-x64", "Microsoft.AspNetCore.App.Runtime.linux-x64"];

    /// <summary>Where it came from.</summary>
    /// <param name="source">The commit whose lock pins it.</param>
    /// <param name="datasets">What its model was trained on.</param>
    /// <param name="builder">Who built.</param>
    /// <param name="now">When this is said.</param>
    public Statement Provenance(SourceCommit? source, IReadOnlyList<ResourceDescriptor> datasets, string builder, DateTimeOffset now) => new Provenance
    {
        BuilderId = builder,
        BuildType = BuildType,
        Model = model,
        Parameters = JsonSerializer.SerializeToElement(new JsonObject
        {
            ["base"] = new JsonObject { ["digest"] = onto.Digest.ToString(), ["name"] = onto.Name },
            [Package] = package.ToString(),
            ["version"] = image.Version.ToString(),
        }, ProvenanceJson.Default.JsonObject),
        Source = source,
        Datasets = datasets,
        FinishedOn = now,
    }.About(new(model, image.Digest));

    /// <summary>What it is made of.</summary>
    /// <param name="of">The package's own bill.</param>
    /// <param name="runtime">The version of the runtime.</param>
    public Statement Bill(ModelSbom of, string runtime) => new ImageSbom
    {
        Subject = image.Digest,
        Name = image.Name[..image.Name.LastIndexOf(':')],
        Version = image.Version,
        Packages =
        [
            .. onto.Digest == DebianList.Default.Digest ? DebianList.Default.Packages.Select(package => new SbomPackage(PackageUrl.Debian(package.Name, package.Version, "amd64")) { Digest = package.Digest }) : [],
            .. Runtime.Select(name => new SbomPackage(PackageUrl.NuGet(name, runtime))),
        ],
        Model = of,
    }.About();
}
