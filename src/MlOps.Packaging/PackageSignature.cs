using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Packaging;

/// <summary>A model's contract with its callers: as <c>signature.json</c> in the package, and in short in the lock, where it decides the version.</summary>
public static class PackageSignature
{
    /// <summary>All of it: inputs with name, kind, the range seen in training, and the categories known; what comes back.</summary>
    /// <param name="request">What callers send.</param>
    /// <param name="model">What knows categories.</param>
    /// <param name="profile">The training rows' <see cref="TrainingProfile"/>.</param>
    public static JsonObject Of(Signature request, TrainedModel model, JsonObject profile) => new()
    {
        ["inputs"] = new JsonArray([.. request.Inputs.Select(input => (JsonNode)Input(input, model, profile["columns"]![input.Name]))]),
        ["output"] = Output(request),
    };

    /// <summary>What a caller can depend on: names and kinds, task and classes.</summary>
    public static JsonObject Short(Signature request)
    {
        var json = new JsonObject
        {
            ["inputs"] = new JsonObject(request.Inputs.OrderBy(input => input.Name, StringComparer.Ordinal).Select(input => KeyValuePair.Create(input.Name, (JsonNode?)Name(input.Kind)))),
            ["task"] = Name(request.Task),
        };
        if (request.Classes.Count > 0)
        {
            json["classes"] = Texts(request.Classes);
        }

        return json;
    }

    /// <summary>How a signature, in short, breaks callers of another; null if all of them still work.</summary>
    /// <param name="before">What they were written for.</param>
    /// <param name="after">What they meet.</param>
    public static string? Break(JsonObject before, JsonObject after)
    {
        if (Text(before["task"]) != Text(after["task"]))
        {
            return $"it predicts {Text(after["task"])}, not {Text(before["task"])}";
        }

        var (old, now) = (Classes(before), Classes(after));
        if (!old.SequenceEqual(now))
        {
            return old.Except(now).FirstOrDefault() is { } gone ? $"class {gone} is gone" : now.Except(old).FirstOrDefault() is { } come ? $"class {come} is new" : "its classes have another order";
        }

        var (sent, wanted) = (Inputs(before), Inputs(after));
        foreach (var (name, kind) in sent)
        {
            if (!wanted.TryGetValue(name, out var other))
            {
                return $"input {name} is gone";
            }

            if (kind != other)
            {
                return $"input {name} is {other}, was {kind}";
            }
        }

        return wanted.Keys.FirstOrDefault(name => !sent.ContainsKey(name)) is { } added ? $"input {added} is new" : null;
    }

    private static JsonObject Input(InputColumn input, TrainedModel model, JsonNode? seen)
    {
        var json = new JsonObject { ["kind"] = Name(input.Kind), ["name"] = input.Name };
        if (seen?["min"] is not null && input.Kind is FeatureKind.Numeric or FeatureKind.Timestamp)
        {
            json["range"] = new JsonObject { ["max"] = seen!["max"]!.DeepClone(), ["min"] = seen["min"]!.DeepClone() };
        }

        if (Categories(model, input.Name) is { } categories)
        {
            json["categories"] = Texts(categories);
        }

        return json;
    }

    private static JsonObject Output(Signature signature)
    {
        var json = new JsonObject { ["label"] = signature.Label, ["task"] = Name(signature.Task) };
        if (signature.Classes.Count > 0)
        {
            json["classes"] = Texts(signature.Classes);
        }

        if (signature.Task == ModelTask.Binary)
        {
            json["threshold"] = signature.Threshold;
        }

        return json;
    }

    /// <summary>What the model has learnt of a column's categories; null where it has none.</summary>
    private static IEnumerable<string>? Categories(TrainedModel model, string column) => model.Encoders.Where(encoder => encoder.Column == column).Select(encoder => encoder switch
    {
        OrdinalEncoder ordinal => ordinal.Categories,
        OneHotEncoder oneHot => oneHot.Categories,
        _ => null,
    }).FirstOrDefault(categories => categories is not null)?.Where(category => category.Length > 0).Order(StringComparer.Ordinal);

    private static Dictionary<string, string> Inputs(JsonObject signature) =>
        (signature["inputs"] as JsonObject ?? []).ToDictionary(input => input.Key, input => Text(input.Value) ?? "", StringComparer.Ordinal);

    private static List<string> Classes(JsonObject signature) => [.. (signature["classes"] as JsonArray ?? []).Select(name => Text(name) ?? "")];

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode?)JsonValue.Create(text))];

    private static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
