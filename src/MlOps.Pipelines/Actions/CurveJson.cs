using System.Text.Json.Nodes;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Pipelines.Actions;

/// <summary><c>evaluation.json</c>: curves as arrays of columns, which stay short however many points they have.</summary>
internal static class CurveJson
{
    public static JsonObject Of(Signature signature, Curves curves)
    {
        var json = new JsonObject { ["format"] = 1, ["task"] = signature.Task.ToString().ToLowerInvariant() };
        if (signature.Task == ModelTask.Regression)
        {
            json["residuals"] = new JsonObject
            {
                ["counts"] = new JsonArray([.. curves.Residuals.Select(count => (JsonNode)count)]),
                ["from"] = Number(curves.ResidualFrom),
                ["width"] = Number(curves.ResidualWidth),
            };
            json["sample"] = new JsonObject
            {
                ["predicted"] = Numbers(curves.Sample.Select(row => (double?)row.Predicted)),
                ["truth"] = Numbers(curves.Sample.Select(row => (double?)row.Truth)),
            };
            return json;
        }

        json["confusion"] = new JsonObject
        {
            ["classes"] = new JsonArray([.. curves.Classes.Select(name => (JsonNode)name)]),
            ["rowsByTruthThenPrediction"] = new JsonArray([.. curves.Confusion.Select(row => (JsonNode)new JsonArray([.. row.Select(count => (JsonNode)count)]))]),
        };
        json["reliability"] = new JsonObject
        {
            ["from"] = Numbers(curves.Reliability.Select(bin => (double?)bin.From)),
            ["observed"] = Numbers(curves.Reliability.Select(bin => bin.Observed)),
            ["predicted"] = Numbers(curves.Reliability.Select(bin => bin.Predicted)),
            ["rows"] = new JsonArray([.. curves.Reliability.Select(bin => (JsonNode)bin.Rows)]),
            ["to"] = Numbers(curves.Reliability.Select(bin => (double?)bin.To)),
        };
        if (signature.Task == ModelTask.Binary)
        {
            json["positive"] = signature.Classes[1];
            json["threshold"] = Number(signature.Threshold);
            json["roc"] = Curve(curves.Roc, "falsePositiveRate", "truePositiveRate");
            json["precisionRecall"] = Curve(curves.PrecisionRecall, "recall", "precision");
        }

        return json;
    }

    private static JsonObject Curve(IReadOnlyList<CurvePoint> points, string x, string y) => new()
    {
        [x] = Numbers(points.Select(point => (double?)point.X)),
        [y] = Numbers(points.Select(point => (double?)point.Y)),
        ["threshold"] = Numbers(points.Select(point => point.Threshold)),
    };

    private static JsonArray Numbers(IEnumerable<double?> values) => new([.. values.Select(value => value is { } number ? Number(number) : null)]);

    /// <summary>What a plot can show, and finite.</summary>
    private static JsonNode? Number(double value) => double.IsFinite(value) ? (JsonNode)double.Parse(value.ToString("G6", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture) : null;
}
