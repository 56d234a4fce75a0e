using System.Text.Json;
using System.Text.Json.Serialization;
using MlOps.Content;
using MlOps.Learning;

namespace MlOps.Pipelines.Manifests;

/// <summary>Searches the trainer's options: trials with options drawn by lot, each measured by cross-validation on the training rows; the best one's are trained with.</summary>
public sealed record TuneManifest
{
    /// <summary>How many are tried, the first with the trainer as declared: 1 to 10000. Trial i is the same whatever this number is. <c>./build.sh Tune</c> writes it.</summary>
    public int Trials { get; set; } = 20;

    /// <summary>By option of the trainer (<c>leaves</c>, <c>earlyStopping.rounds</c>) what it is drawn from: <c>[a, b]</c> between two numbers, <c>{ "log": [a, b] }</c>, <c>{ "uniform":
    /// [a, b] }</c>, or <c>{ "choice": […] }</c> of numbers, texts and truth values. Ends are included; whole where the option is.</summary>
    public required Dictionary<string, SearchRange> Search { get; init; }

    /// <summary>Folds of the cross-validation, divided as <c>split</c> divides: by time each learns from what came before it, a group is in one fold only: 2 to 20; default 3.</summary>
    public int Folds { get; set; } = 3;

    /// <summary>The metric that is to become better; default the task's first: rmse, auc, accuracy.</summary>
    public string? Metric { get; init; }

    /// <summary>Draws other options: 0 to 1e9; default 0.</summary>
    public int Seed { get; set; }

    /// <summary>Successive halving: all trials get a share of trees (trainer <c>boosted-trees</c>) or rows, the best go on with more.</summary>
    public HalvingManifest? Halving { get; init; }

    /// <summary>What the tuner is told.</summary>
    [JsonIgnore]
    public Halving Rungs => Halving is { Use: true } halving ? new(halving.Factor, halving.Rungs) : Learning.Halving.None;
}

/// <summary>Successive halving; <c>true</c> is the same as <c>{}</c>.</summary>
[JsonShorthand("use")]
public sealed record HalvingManifest
{
    /// <summary>Whether to halve at all; default true.</summary>
    public bool Use { get; set; } = true;

    /// <summary>One trial in so many goes on, with so many times more: 2 to 10; default 3.</summary>
    public int Factor { get; set; } = 3;

    /// <summary>How often trials are measured, the last time with everything: 2 to 6; default 3, so that all start with a ninth.</summary>
    public int Rungs { get; set; } = 3;
}

/// <summary>How an option's values are drawn.</summary>
public enum SearchBy
{
    /// <summary>Equal differences are equally likely.</summary>
    Uniform,

    /// <summary>Equal ratios are equally likely.</summary>
    Log,

    /// <summary>Each value of a list is equally likely.</summary>
    Choice,
}

/// <summary>What an option is drawn from.</summary>
/// <param name="By">How.</param>
/// <param name="Values">The two ends, or the values to choose from.</param>
[JsonConverter(typeof(SearchRangeJson))]
public sealed record SearchRange(SearchBy By, IReadOnlyList<JsonElement> Values);

internal sealed class SearchRangeJson : JsonConverter<SearchRange>
{
    public override SearchRange Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Array)
        {
            return Of(SearchBy.Uniform, root);
        }

        return root.ValueKind == JsonValueKind.Object && root.EnumerateObject().ToList() is [{ Name: "uniform" or "log" or "choice" } member]
            ? Of(Enum.Parse<SearchBy>(member.Name, ignoreCase: true), member.Value) : throw Wrong();
    }

    public override void Write(Utf8JsonWriter writer, SearchRange value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteStartArray(JsonNamingPolicy.CamelCase.ConvertName(value.By.ToString()));
        foreach (var element in value.Values)
        {
            element.WriteTo(writer);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static SearchRange Of(SearchBy by, JsonElement values)
    {
        var all = values.ValueKind == JsonValueKind.Array ? values.EnumerateArray().Select(value => value.Clone()).ToList() : throw Wrong();
        var fits = by == SearchBy.Choice ? all.TrueForAll(value => value.ValueKind is JsonValueKind.Number or JsonValueKind.String or JsonValueKind.True or JsonValueKind.False)
            : all.Count == 2 && all.TrueForAll(value => value.ValueKind == JsonValueKind.Number && double.IsFinite(value.GetDouble()));
        return fits ? new(by, all) : throw Wrong();
    }

    private static JsonException Wrong() => new("what is searched is [from, to], { \"uniform\": [from, to] }, { \"log\": [from, to] } or { \"choice\": [value, …] }");
}
