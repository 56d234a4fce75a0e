using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.Engine;
using MlOps.Learning;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Manifests;
using MlOps.Scoring;

namespace MlOps.Pipelines.Actions;

/// <summary>Says what a model's predictions come from: which columns matter, by how much, and how the mean prediction follows them.</summary>
/// <param name="threads">Changes the time only.</param>
internal sealed class ExplainAction(int threads) : IStepExecutor
{
    public const string Name = "explain";
    public const string Importance = "importance.json";
    public const string Dependence = "dependence.json";

    public bool ReadsInPlace => true;

    /// <summary>Nothing where the defaults hold, which are part of the code: the lock stays short.</summary>
    public static JsonObject Parameters(ModelDefinition model) =>
        model.Manifest.Explain is not { } options || options == new ExplainOptions() ? [] : new() { [Name] = JsonSerializer.SerializeToNode(options, ExplainJson.Default.ExplainOptions) };

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        var model = OnnxModel.Read(File.ReadAllBytes(context.InputPath(TrainAction.Model)));
        var test = FrameFile.FromBytes(File.ReadAllBytes(context.InputPath(PrepareAction.Test)));
        var options = context.Step.Parameters[Name]?.Deserialize(ExplainJson.Default.ExplainOptions) ?? new();
        var explanation = ModelExplanation.Of(model, test, options, threads, cancellationToken);
        File.WriteAllText(context.OutputPath(Importance), CanonicalJson.Indented(Importances(model.Signature, explanation)));
        File.WriteAllText(context.OutputPath(Dependence), CanonicalJson.Indented(Dependences(model.Signature, explanation)));
        return [];
    }

    private static JsonObject Importances(Signature signature, ModelExplanation explanation)
    {
        var json = new JsonObject
        {
            ["baseValue"] = PerScore(signature, explanation.BaseValues),
            ["columns"] = new JsonArray([.. explanation.Shapley.Select(column => (JsonNode)Column(signature, column, explanation.Importance.FirstOrDefault(other => other.Column == column.Column)))]),
            ["metric"] = explanation.Metric,
            ["rows"] = new JsonObject { ["shapley"] = explanation.Rows.Shapley, ["shuffled"] = explanation.Rows.Importance },
        };
        if (explanation.Importance.Count == 0)
        {
            json["why"] = $"{explanation.Metric} is undefined for these test rows, so nothing was shuffled";
        }

        return json;
    }

    private static JsonObject Column(Signature signature, ColumnShapley shapley, ColumnImportance? shuffled)
    {
        var json = new JsonObject { ["column"] = shapley.Column, ["shapley"] = PerScore(signature, shapley.MeanAbsolute) };
        if (shuffled is not null)
        {
            json["importance"] = Rounded(shuffled.Mean);
            json["interval"] = new JsonArray(Rounded(shuffled.Low), Rounded(shuffled.High));
        }

        return json;
    }

    private static JsonObject Dependences(Signature signature, ModelExplanation explanation) => new()
    {
        ["columns"] = new JsonArray([.. explanation.Dependence.Select(column => (JsonNode)new JsonObject
        {
            ["column"] = column.Column,
            ["points"] = new JsonArray([.. column.Points.Select(point => (JsonNode)Point(signature, point))]),
        })]),
        ["predicts"] = signature.Task == ModelTask.Regression ? signature.Label : signature.Task == ModelTask.Binary ? $"probability of {signature.Classes[1]}" : "probability by class",
        ["rows"] = explanation.Rows.Dependence,
    };

    private static JsonObject Point(Signature signature, PartialPoint point)
    {
        var json = new JsonObject { ["value"] = point.Value };
        json["mean"] = signature.Task == ModelTask.Multiclass ? PerScore(signature, point.Means) : Rounded(point.Means[^1]);
        if (point.Number is { } number && point.Value is not null)
        {
            json["number"] = double.IsFinite(number) ? number : null;
        }

        return json;
    }

    /// <summary>A number; of several classes an object.</summary>
    private static JsonNode? PerScore(Signature signature, IReadOnlyList<double> values) => values.Count == 1 ? Rounded(values[0])
        : new JsonObject(signature.Classes.Zip(values, (name, value) => KeyValuePair.Create(name, Rounded(value))));

    /// <summary>Six significant digits are what a reviewer can use.</summary>
    private static JsonNode? Rounded(double value) => double.IsFinite(value) ? double.Parse(value.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : null;
}
