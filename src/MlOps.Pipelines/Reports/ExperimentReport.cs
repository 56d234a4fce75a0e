using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Pipelines.Experiments;

namespace MlOps.Pipelines.Reports;

/// <summary>A model's results, best first, with the parameters in which they differ.</summary>
/// <param name="model">The model's name.</param>
/// <param name="experiments">In any order.</param>
/// <param name="pinned">The one that the lock names, or null.</param>
/// <param name="metric">What they are ordered by.</param>
/// <param name="higherIsBetter">What of it is better.</param>
/// <param name="isKept">Whether the store still has a model file.</param>
internal sealed class ExperimentReport(string model, IReadOnlyList<Experiment> experiments, Experiment? pinned, string metric, bool higherIsBetter, Func<Digest, bool> isKept)
{
    private readonly List<Experiment> _ordered = [.. experiments.OrderBy(experiment => Rank(experiment, metric, higherIsBetter)).ThenBy(experiment => experiment.Seen).ThenBy(experiment => experiment.Identity)];

    public string Text()
    {
        if (_ordered.Count == 0)
        {
            return $"{model}: no results yet; ./build.sh Train makes the first";
        }

        var metrics = _ordered.SelectMany(experiment => experiment.Metrics.Keys).Distinct().OrderBy(name => name != metric).ThenBy(name => name, StringComparer.Ordinal).ToList();
        var differing = Differing();
        var table = new TextTable([model, "seen", .. metrics, "gate", .. differing.Select(Shown)]);
        foreach (var experiment in _ordered)
        {
            table.Add([
                experiment.Name + (experiment.Identity == pinned?.Identity, isKept(experiment.Content)) switch
                {
                    (true, true) => " (lock)",
                    (true, false) => " (lock, model gone)",
                    (false, true) => "",
                    (false, false) => " (model gone)",
                },
                experiment.Seen?.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "",
                .. metrics.Select(name => Number(experiment.Metrics.GetValueOrDefault(name))),
                experiment.Verdict ?? "none",
                .. differing.Select(name => Value(experiment, name)),
            ]);
        }

        return table.ToString();
    }

    public JsonArray Json() => new([.. _ordered.Select(experiment =>
    {
        var json = experiment.Json();
        json["name"] = experiment.Name;
        json["seen"] = experiment.Seen?.ToString("O", CultureInfo.InvariantCulture);
        json["pinned"] = experiment.Identity == pinned?.Identity;
        json["kept"] = isKept(experiment.Content);
        return (JsonNode)json;
    })]);

    /// <summary>Two or more results side by side: what differs between them, old → new in the order given.</summary>
    /// <param name="higherIsBetter">What of a metric is better; null where nobody knows.</param>
    public static (string Text, JsonObject Json) Compare(IReadOnlyList<(string Word, Experiment Experiment)> sides, Func<string, bool?> higherIsBetter)
    {
        var table = new TextTable(["", .. sides.Select(side => side.Word == side.Experiment.Name ? side.Word : $"{side.Word} ({side.Experiment.Name})")]);
        var json = new JsonObject();
        var names = sides.SelectMany(side => side.Experiment.Metrics.Keys).Distinct().Order(StringComparer.Ordinal).ToList();
        foreach (var name in names)
        {
            var values = sides.Select(side => side.Experiment.Metrics.GetValueOrDefault(name)).ToList();
            table.Add([name, .. values.Select((value, i) => Number(value) + Verdict(higherIsBetter(name), values[0], i == 0 ? null : value))]);
        }

        table.Add(["gate", .. sides.Select(side => side.Experiment.Verdict ?? "none")]);
        var parts = sides.SelectMany(side => side.Experiment.Parts.Select(part => part.Name)).Distinct().Order(StringComparer.Ordinal)
            .Where(name => sides.Select(side => Raw(side.Experiment, name)).Distinct().Count() > 1).ToList();
        foreach (var name in parts)
        {
            table.Add([Shown(name), .. sides.Select(side => Value(side.Experiment, name))]);
        }

        json["metrics"] = new JsonObject(names.Select(name => KeyValuePair.Create(name, (JsonNode?)new JsonArray([.. sides.Select(side => (JsonNode?)side.Experiment.Metrics.GetValueOrDefault(name))]))));
        json["differences"] = new JsonObject(parts.Select(name => KeyValuePair.Create(name, (JsonNode?)new JsonArray([.. sides.Select(side => (JsonNode?)Raw(side.Experiment, name))]))));
        json["experiments"] = new JsonArray([.. sides.Select(side => (JsonNode)side.Experiment.Identity.Hex)]);
        return (table.ToString() + (parts.Count == 0 ? "\nsame parameters, code and data" : ""), json);
    }

    /// <summary>Undefined comes last, whatever is better.</summary>
    private static double Rank(Experiment experiment, string metric, bool higherIsBetter) => experiment.Metrics.GetValueOrDefault(metric) is not { } value || !double.IsFinite(value) ? double.PositiveInfinity
        : higherIsBetter ? -value : value;

    private List<string> Differing() =>
    [
        .. _ordered.SelectMany(experiment => experiment.Parts.Select(part => part.Name)).Distinct().Order(StringComparer.Ordinal)
            .Where(name => _ordered.Select(experiment => Raw(experiment, name)).Distinct().Count() > 1),
    ];

    private static string? Raw(Experiment experiment, string name) => experiment.Parts.FirstOrDefault(part => part.Name == name) is { Value: { } value } ? value : null;

    private static string Value(Experiment experiment, string name) => Raw(experiment, name) is not { } value ? "–" : Digest.TryParse(value, out var digest) ? digest.Hex[..8] : value;

    /// <summary><c>train/parameters/trainer/leaves</c> is <c>trainer.leaves</c> to people.</summary>
    private static string Shown(string name) => name.Split("/parameters/", 2) is [_, var parameter] ? parameter.Replace('/', '.') : name;

    private static string Number(double? value) => value is { } known ? (Math.Round(known, 4) + 0.0).ToString("0.####", CultureInfo.InvariantCulture) : "undefined";

    private static string Verdict(bool? higherIsBetter, double? before, double? after) => (before, after, higherIsBetter) switch
    {
        ({ } was, { } now, { } higher) when was != now => now > was == higher ? " (better)" : " (worse)",
        _ => "",
    };
}
