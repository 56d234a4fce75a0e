using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.Pipelines.Scores;
using MlOps.Scoring;

namespace MlOps.Pipelines.Reports;

/// <summary>What <c>Score</c> predicted, in short, as a table and as JSON.</summary>
internal sealed class ScoreReport(string model, Signature signature, PredictionWriter written, TimeSpan elapsed)
{
    public string Text()
    {
        var (rows, seconds) = (Count(written.Rows), elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture));
        if (signature.Task == ModelTask.Regression)
        {
            return new TextTable("model", "rows", "seconds", "least", "mean", "greatest")
                .Add(model, rows, seconds, Number(written.Least), Number(written.Mean), Number(written.Greatest)).ToString();
        }

        var table = new TextTable("model", "prediction", "rows", "share");
        for (var k = 0; k < signature.Classes.Count; k++)
        {
            table.Add(model, signature.Classes[k], Count(written.Classes[k]), ((double)written.Classes[k] / written.Rows).ToString("0.000", CultureInfo.InvariantCulture));
        }

        return $"{table}\n{rows} rows in {seconds} seconds";
    }

    public JsonObject Json() => new()
    {
        ["model"] = model,
        ["rows"] = written.Rows,
        ["seconds"] = Math.Round(elapsed.TotalSeconds, 3),
        ["predictions"] = signature.Task == ModelTask.Regression
            ? new JsonObject { ["least"] = written.Least, ["mean"] = written.Mean, ["greatest"] = written.Greatest }
            : new JsonObject(signature.Classes.Select((name, k) => KeyValuePair.Create(name, (JsonNode?)written.Classes[k]))),
    };

    private static string Count(long count) => count.ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) => ((float)value).ToString("G6", CultureInfo.InvariantCulture);
}
