using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Packaging;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;

namespace MlOps.Pipelines.Packages;

/// <summary>What can be said of a model's package from the lock that pins it: where it came from, what its gate found, what it is made of.</summary>
/// <param name="pinned">The lock.</param>
/// <param name="graph">What reads what.</param>
/// <param name="model">The model as declared.</param>
/// <param name="package">The package that the lock pins.</param>
/// <param name="version">Its number.</param>
internal sealed class PackageStatements(LockFile pinned, StepGraph graph, ModelDefinition model, ModelPackage package, PackageVersion version)
{
    /// <summary>What the provenance's parameters mean.</summary>
    public const string BuildType = "urn:mlops:train:v1";

    private readonly string _owner = $"models/{model.Name}";

    /// <summary>Where it came from.</summary>
    /// <param name="source">The commit whose lock pins it.</param>
    /// <param name="builder">Who built.</param>
    /// <param name="now">When this is said.</param>
    public Statement Provenance(SourceCommit? source, string builder, DateTimeOffset now) => new Provenance
    {
        BuilderId = builder,
        BuildType = BuildType,
        Model = model.Name,
        Parameters = JsonSerializer.SerializeToElement(Steps(), ProvenanceJson.Default.JsonObject),
        Source = source,
        Datasets = [.. Datasets()],
        Toolchain = [.. Toolchain()],
        FinishedOn = now,
    }.About(Subject);

    /// <summary>What the gate found; null where the model has none.</summary>
    public Statement? Gate()
    {
        if (pinned.Fact(_owner, GateAction.Name) is not JsonObject fact || pinned.Find(new(_owner, GateAction.Name)) is not { } gate)
        {
            return null;
        }

        var verdict = (string?)fact["verdict"];
        string[] reasons = [.. (fact["reasons"] as JsonArray ?? []).Select(reason => reason?.ToString() ?? "")];
        var rules = (gate.Parameters["thresholds"] as JsonObject ?? []).SelectMany(metric => (metric.Value as JsonObject ?? []).Select(bound => $"{metric.Key} {bound.Key} {bound.Value}")).ToList();
        return new TestResult
        {
            Result = verdict switch { "pass" => GateResult.Passed, "fail" => GateResult.Failed, _ => GateResult.Warned },
            Configuration = [new($"{model.Name}/{GateAction.Name}", gate.Fingerprint), .. gate.Outputs.Select(output => new ResourceDescriptor(output.Key, output.Value))],
            Passed = verdict == "pass" ? rules : [],
            Warned = verdict is "pass" or "fail" ? [] : reasons,
            Failed = verdict == "fail" ? reasons : [],
        }.About(Subject);
    }

    /// <summary>What it is made of.</summary>
    /// <param name="packages">The packages of the model's own code that ship.</param>
    public ModelSbom Bill(IEnumerable<(string Name, string Version)> packages) => new()
    {
        Subject = package.Digest,
        Name = model.Name,
        Version = version,
        Description = package.Description.Description,
        Licence = package.Description.Licence is { } licence ? new(licence) : null,
        Card = new()
        {
            Task = model.Manifest.Task.ToString().ToLowerInvariant(),
            ArchitectureFamily = package.Description.Architecture,
            Inputs = [.. (pinned.Fact(_owner, PackageAction.Signature)?["inputs"] as JsonObject ?? []).Select(input => $"{input.Key}: {input.Value}")],
            Outputs = [model.Manifest.Label],
            Metrics = [.. Metrics()],
            UseCases = model.Manifest.Card?.Uses is { } uses ? [uses] : [],
            TechnicalLimitations = model.Manifest.Card?.Limits is { } limits ? [limits] : [],
        },
        Datasets = [.. Datasets().Select(dataset => new SbomDataset(dataset.Name, dataset.Digest))],
        Files = [.. package.Files.Select(file => new SbomFile(file.Path, file.Digest))],
        Packages = package.Find(PackageFile.Code) is null ? [] : [.. packages.Select(used => new SbomPackage(PackageUrl.NuGet(used.Name, used.Version)))],
    };

    private ResourceDescriptor Subject => new(model.Name, package.Digest);

    /// <summary>The steps that led to the package: what was declared, by which code.</summary>
    private JsonObject Steps() => new(Upstream().Where(step => step.Address.Owner == _owner).OrderBy(step => step.Name)
        .Select(step => (step, Trace: pinned.Find(step.Address))).Where(step => step.Trace is not null)
        .Select(step => KeyValuePair.Create(step.step.Address.Key, (JsonNode?)new JsonObject
        {
            ["code"] = new JsonObject(step.Trace!.Code.Select(code => KeyValuePair.Create(code.Key, (JsonNode?)code.Value.ToString()))),
            ["fingerprint"] = step.Trace.Fingerprint.ToString(),
            ["parameters"] = step.Trace.Parameters.DeepClone(),
        })));

    /// <summary>The datasets that it learnt from, by name.</summary>
    public IEnumerable<ResourceDescriptor> Datasets() => Upstream().Select(step => step.Address.Owner).Where(owner => owner.StartsWith("data/", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal)
        .Select(owner => (owner, Digest.TryParse(pinned.Fact(owner, "sha256") is { } fact ? $"{Digest.Prefix}{fact}" : null, out var digest) ? digest : (Digest?)null))
        .Where(dataset => dataset.Item2 is not null).Select(dataset => new ResourceDescriptor(dataset.owner["data/".Length..], dataset.Item2!.Value));

    private IEnumerable<PackageUrl> Toolchain() => Upstream().Select(step => pinned.Find(step.Address)).OfType<StepTrace>().SelectMany(trace => trace.Toolchain).Distinct()
        .OrderBy(tool => tool.Key, StringComparer.Ordinal).Select(tool => new PackageUrl("generic", tool.Key, tool.Value))
        .Prepend(new("generic", "mlops", typeof(PackageStatements).Assembly.GetName().Version!.ToString(3)));

    private IEnumerable<SbomMetric> Metrics()
    {
        var intervals = pinned.Fact(_owner, "intervals") as JsonObject;
        foreach (var (name, value) in pinned.Fact(_owner, "metrics") as JsonObject ?? [])
        {
            if (value is JsonValue number && number.TryGetValue(out double measured))
            {
                yield return new(name, measured)
                {
                    Interval = intervals?[name]?.ToString().Split(" to ") is [var low, var high] && double.TryParse(low, CultureInfo.InvariantCulture, out var least) && double.TryParse(high, CultureInfo.InvariantCulture, out var most)
                        ? (least, most) : null,
                };
            }
        }
    }

    /// <summary>The package's step, and all that it reads from.</summary>
    private List<Step> Upstream()
    {
        var found = new List<Step>();
        var pending = new Queue<StepName>([StepFactory.Of(model.Name, PackageAction.Name)]);
        var seen = new HashSet<StepName>(pending);
        while (pending.TryDequeue(out var name))
        {
            var step = graph.Find(name)!;
            found.Add(step);
            foreach (var input in step.Inputs.Values.OfType<OutputInput>().Where(input => seen.Add(input.Step)))
            {
                pending.Enqueue(input.Step);
            }
        }

        return found;
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(JsonObject))]
internal sealed partial class ProvenanceJson : System.Text.Json.Serialization.JsonSerializerContext;
