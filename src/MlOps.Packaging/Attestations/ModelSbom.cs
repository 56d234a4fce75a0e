using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Packaging.Internal;

namespace MlOps.Packaging;

/// <summary>What a model package is made of: CycloneDX 1.6 with a model card. Equal bills have equal bytes, whatever the order of their parts.</summary>
/// <remarks>https://cyclonedx.org/docs/1.6/json/. The serial number follows from the content.</remarks>
public sealed record ModelSbom
{
    /// <summary>The package's digest.</summary>
    public required Digest Subject { get; init; }

    /// <summary>The model's name.</summary>
    public required string Name { get; init; }

    /// <summary>The package's version.</summary>
    public required PackageVersion Version { get; init; }

    /// <summary>What the model is.</summary>
    public required SbomModelCard Card { get; init; }

    /// <summary>One sentence about it.</summary>
    public string? Description { get; init; }

    /// <summary>The package's licence.</summary>
    public SbomLicence? Licence { get; init; }

    /// <summary>What it was trained from, each name once.</summary>
    public IReadOnlyList<SbomDataset> Datasets { get; init; } = [];

    /// <summary>The package's files, each path once.</summary>
    public IReadOnlyList<SbomFile> Files { get; init; } = [];

    /// <summary>What the model's own code uses.</summary>
    public IReadOnlyList<SbomPackage> Packages { get; init; } = [];

    /// <summary>When the bill was made, to the second; null to let the bytes follow from the content alone.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>The bill's bytes.</summary>
    public byte[] ToBytes()
    {
        var bom = new CycloneDx();
        bom.Root(AddTo(bom));
        return bom.ToBytes(Timestamp);
    }

    /// <summary>The statement that says this of the package.</summary>
    public Statement About() => Statement.Of(new(Name, Subject), PredicateTypes.CycloneDx, ToBytes());

    /// <summary>Adds the parts; what is returned is the model itself, to be the bill's root or a part of an image.</summary>
    internal JsonObject AddTo(CycloneDx bom)
    {
        var root = Subject.ToString();
        var parts = new List<string>();
        foreach (var dataset in Datasets)
        {
            parts.Add(bom.Add(new JsonObject
            {
                ["type"] = "data",
                ["bom-ref"] = DatasetRef(dataset),
                ["name"] = dataset.Name,
                ["hashes"] = CycloneDx.Hashes(dataset.Digest),
                ["licenses"] = CycloneDx.Licences(dataset.Licence),
                ["data"] = new JsonArray(new JsonObject { ["type"] = "dataset", ["name"] = dataset.Name }),
                ["externalReferences"] = dataset.Source is { } source ? new JsonArray(new JsonObject { ["type"] = "distribution", ["url"] = source.AbsoluteUri }) : null,
            }));
        }

        foreach (var file in Files)
        {
            parts.Add(bom.Add(new JsonObject { ["type"] = "file", ["bom-ref"] = $"file:{file.Path}", ["name"] = file.Path, ["hashes"] = CycloneDx.Hashes(file.Digest) }));
        }

        foreach (var package in Packages)
        {
            parts.Add(bom.Add(package));
        }

        bom.DependsOn(root, parts);
        return new()
        {
            ["type"] = "machine-learning-model",
            ["bom-ref"] = root,
            ["name"] = Name,
            ["version"] = Version.ToString(),
            ["description"] = Description,
            ["hashes"] = CycloneDx.Hashes(Subject),
            ["licenses"] = CycloneDx.Licences(Licence),
            ["modelCard"] = CardJson(),
        };
    }

    private static string DatasetRef(SbomDataset dataset) => $"data:{dataset.Name}";

    private JsonObject CardJson() => new()
    {
        ["modelParameters"] = new JsonObject
        {
            ["approach"] = new JsonObject { ["type"] = "supervised" },
            ["task"] = Card.Task,
            ["architectureFamily"] = Card.ArchitectureFamily,
            ["datasets"] = CycloneDx.List(Datasets.OrderBy(one => one.Name, StringComparer.Ordinal), dataset => new JsonObject { ["ref"] = DatasetRef(dataset) }),
            ["inputs"] = CycloneDx.List(Card.Inputs, format => new JsonObject { ["format"] = format }),
            ["outputs"] = CycloneDx.List(Card.Outputs, format => new JsonObject { ["format"] = format }),
        },
        ["quantitativeAnalysis"] = Card.Metrics.Count == 0 ? null : new JsonObject { ["performanceMetrics"] = CycloneDx.List(Card.Metrics, MetricJson) },
        ["considerations"] = new JsonObject
        {
            ["users"] = CycloneDx.List(Card.Users, text => text),
            ["useCases"] = CycloneDx.List(Card.UseCases, text => text),
            ["technicalLimitations"] = CycloneDx.List(Card.TechnicalLimitations, text => text),
            ["ethicalConsiderations"] = CycloneDx.List(Card.EthicalConsiderations, text => new JsonObject { ["name"] = text }),
        },
    };

    private static JsonObject MetricJson(SbomMetric metric) => new()
    {
        ["type"] = metric.Name,
        ["value"] = CanonicalJson.Number(metric.Value),
        ["slice"] = metric.Slice,
        ["confidenceInterval"] = metric.Interval is var (low, high) ? new JsonObject { ["lowerBound"] = CanonicalJson.Number(low), ["upperBound"] = CanonicalJson.Number(high) } : null,
    };
}
