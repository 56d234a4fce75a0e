using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Learning;
using MlOps.Pipelines.Actions;

namespace MlOps.Pipelines.Reports;

/// <summary>A model's trials, best first.</summary>
/// <param name="model">The model's name.</param>
/// <param name="table">What <c>trials.json</c> holds.</param>
/// <param name="secondsOf">How long a step took when it last ran on this machine; null where it never did.</param>
internal sealed class TrialReport(string model, JsonObject table, Func<string, double?> secondsOf)
{
    private readonly string _metric = (string)table["metric"]!;
    private readonly int _rungs = (int)table["rungs"]!;

    public string Text()
    {
        var options = Ranked().SelectMany(trial => trial["options"]!.AsObject().Select(option => option.Key)).Distinct().ToList();
        var text = new TextTable([$"{model}: trial", .. options, _metric, "±", .. _rungs > 1 ? ["rung"] : Array.Empty<string>(), "seconds"]);
        foreach (var trial in Ranked())
        {
            var number = (int)trial["trial"]!;
            text.Add([
                number.ToString(CultureInfo.InvariantCulture) + (number == 1 ? " (declared)" : ""),
                .. options.Select(option => trial["options"]![option]?.ToString() ?? "–"),
                Number((double?)trial["mean"]) ?? "undefined",
                Number((double?)trial["spread"]) ?? "",
                .. _rungs > 1 ? [$"{trial["rung"]} of {_rungs}"] : Array.Empty<string>(),
                Seconds(trial)?.ToString("0.00", CultureInfo.InvariantCulture) ?? ""]);
        }

        return text.ToString();
    }

    public JsonArray Json() => new([.. Ranked().Select(trial =>
    {
        var json = trial.DeepClone().AsObject();
        json["metric"] = _metric;
        json["seconds"] = Seconds(trial);
        return (JsonNode)json;
    })]);

    /// <summary>The metric of a trial that has just been run, in words.</summary>
    public static string Words(StepRecord trial, string metric) => trial.Facts[TrialAction.Scores] is JsonArray scores
        ? $"{metric} {Number(CrossValidation.Mean([.. scores.Select(score => (double?)score)])) ?? "undefined"}" : "";

    private IEnumerable<JsonObject> Ranked()
    {
        var all = table["trials"]!.AsArray().Select(trial => trial!.AsObject()).ToList();
        var higher = (string?)table[TrialTable.Better] is { } better ? better == "higher" : Metrics.HigherIsBetter(_metric) == true;
        return all.OrderByDescending(trial => (int)trial["rung"]!)
            .ThenBy(trial => (double?)trial["mean"] is not { } mean ? double.PositiveInfinity : higher ? -mean : mean)
            .ThenBy(trial => (int)trial["trial"]!);
    }

    /// <summary>All rungs together.</summary>
    private double? Seconds(JsonObject trial)
    {
        var known = Enumerable.Range(0, (int)trial["rung"]!).Select(rung => secondsOf(TrialSteps.Name($"{model}/{TuneAction.Name}", (int)trial["trial"]!, rung, _rungs))).ToList();
        return known.Contains(null) ? null : known.Sum();
    }

    private static string? Number(double? value) => value is { } number ? (Math.Round(number, 5) + 0.0).ToString("0.#####", CultureInfo.InvariantCulture) : null;
}
