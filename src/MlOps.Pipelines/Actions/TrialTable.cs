using System.Text.Json.Nodes;
using MlOps.Learning;

namespace MlOps.Pipelines.Actions;

/// <summary>What is kept of a model's trials in <c>trials.json</c>.</summary>
internal static class TrialTable
{
    /// <summary>Which values are better, where the metric is of the model's own code.</summary>
    public const string Better = "better";

    /// <param name="scores">By trial the last rung that it reached, and the metric on each fold there.</param>
    public static JsonObject Json(TrialSteps steps, IReadOnlyDictionary<int, (int Rung, IReadOnlyList<double?> Folds)> scores, int best)
    {
        var json = new JsonObject
        {
            ["best"] = best,
            ["metric"] = steps.Metric,
            ["rungs"] = steps.Halving.Rungs,
            ["trials"] = new JsonArray([.. scores.Select(trial => (JsonNode)new JsonObject
            {
                ["mean"] = CrossValidation.Mean(trial.Value.Folds),
                ["options"] = steps.Shown(trial.Key),
                ["rung"] = trial.Value.Rung + 1,
                ["scores"] = new JsonArray([.. trial.Value.Folds.Select(score => (JsonNode?)score)]),
                ["spread"] = CrossValidation.Spread(trial.Value.Folds),
                ["trial"] = trial.Key,
            })]),
        };
        if (steps.HasOwnMetric)
        {
            // Who reads the table knows the product's metrics only.
            json[Better] = steps.HigherIsBetter ? "higher" : "lower";
        }

        return json;
    }
}
