using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Actions;

namespace MlOps.Pipelines.Experiments;

/// <summary>One result of a model: what went in, what came out.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Parts">Parameters, code, toolchain and data by name (<c>train/parameters/trainer/leaves</c>), sorted ordinally.</param>
/// <param name="Metrics">On the test rows; null is undefined.</param>
/// <param name="Verdict">The gate's word; null without a gate.</param>
/// <param name="Fingerprints">Of the model's steps by key.</param>
/// <param name="Content">The model file.</param>
internal sealed record Experiment(
    string Model,
    IReadOnlyList<FingerprintPart> Parts,
    IReadOnlyDictionary<string, double?> Metrics,
    string? Verdict,
    IReadOnlyDictionary<string, Digest> Fingerprints,
    Digest Content)
{
    private const int ShownDigits = 10;

    /// <summary>The digest over everything above: the same result has the same name on every machine.</summary>
    public Digest Identity => Digest.Of(CanonicalJson.Compact(Json()));

    /// <summary>The first digits of <see cref="Identity"/>, by which people name it.</summary>
    public string Name => Identity.Hex[..ShownDigits];

    /// <summary>When this machine first saw it; null for what comes from a lock.</summary>
    public DateTimeOffset? Seen { get; init; }

    /// <summary>What a lock says of a model; null where it has no metrics of it.</summary>
    public static Experiment? Of(LockFile source, string model)
    {
        var owner = $"models/{model}";
        var traces = source.Addresses.Where(address => address.Owner == owner).ToDictionary(address => address.Key, address => source.Find(address)!, StringComparer.Ordinal);
        if (source.Fact(owner, "metrics") is not JsonObject metrics || !traces.TryGetValue(TrainAction.Name, out var train) || !train.Outputs.TryGetValue(TrainAction.Model, out var content))
        {
            return null;
        }

        var datasets = source.Owners.Where(name => name.StartsWith("data/", StringComparison.Ordinal) && source.Fact(name, "sha256") is not null);
        return new(
            model,
            Sorted(traces.SelectMany(trace => PartsOf(trace.Key, trace.Value)).Concat(datasets.Select(name => new FingerprintPart(name, (string)source.Fact(name, "sha256")!)))),
            metrics.ToDictionary(metric => metric.Key, metric => (double?)metric.Value, StringComparer.Ordinal),
            (string?)source.Fact(owner, "gate")?["verdict"],
            traces.ToDictionary(trace => trace.Key, trace => trace.Value.Fingerprint, StringComparer.Ordinal),
            content);
    }

    /// <summary>Reads what <see cref="Json"/> wrote; null if it is anything else.</summary>
    public static Experiment? TryParse(byte[] json)
    {
        try
        {
            var root = JsonNode.Parse(json)!;
            return (int?)root["format"] != 1 ? null : new(
                (string)root["model"]!,
                Sorted(root["parts"]!.AsObject().Select(part => new FingerprintPart(part.Key, (string)part.Value!))),
                root["metrics"]!.AsObject().ToDictionary(metric => metric.Key, metric => (double?)metric.Value, StringComparer.Ordinal),
                (string?)root["verdict"],
                root["fingerprints"]!.AsObject().ToDictionary(step => step.Key, step => Digest.Parse((string)step.Value!), StringComparer.Ordinal),
                Digest.Parse((string)root["content"]!));
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException or FormatException or NullReferenceException or ArgumentNullException)
        {
            // Another version's file, or one that a power cut left in pieces: it only helps people to compare.
            return null;
        }
    }

    public JsonObject Json() => new()
    {
        ["content"] = Content.ToString(),
        ["fingerprints"] = new JsonObject(Fingerprints.Select(step => KeyValuePair.Create(step.Key, (JsonNode?)step.Value.ToString()))),
        ["format"] = 1,
        ["metrics"] = new JsonObject(Metrics.Select(metric => KeyValuePair.Create(metric.Key, (JsonNode?)metric.Value))),
        ["model"] = Model,
        ["parts"] = new JsonObject(Parts.Select(part => KeyValuePair.Create(part.Name, (JsonNode?)part.Value))),
        ["verdict"] = Verdict,
    };

    private static IEnumerable<FingerprintPart> PartsOf(string step, StepTrace trace) =>
    [
        .. trace.Parameters.Count == 0 ? [] : Fingerprint.Flatten($"{step}/parameters", trace.Parameters),
        .. trace.Code.Select(part => new FingerprintPart($"{step}/code/{part.Key}", part.Value.Hex)),
        .. trace.Inputs.Select(part => new FingerprintPart($"{step}/inputs/{part.Key}", part.Value.Hex)),
        .. trace.Toolchain.Select(part => new FingerprintPart($"{step}/toolchain/{part.Key}", part.Value)),
    ];

    private static FingerprintPart[] Sorted(IEnumerable<FingerprintPart> parts) => [.. parts.OrderBy(part => part.Name, StringComparer.Ordinal)];
}
