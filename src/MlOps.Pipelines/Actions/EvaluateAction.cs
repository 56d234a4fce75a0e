using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.Engine;
using MlOps.Learning;
using MlOps.Pipelines.Definitions;
using MlOps.Scoring;

namespace MlOps.Pipelines.Actions;

/// <summary>Measures a model on the test rows, beside the constant baseline of the training rows.</summary>
internal sealed class EvaluateAction : IStepExecutor
{
    public const string Name = "evaluate";
    public const string Metrics = "metrics.json";

    public bool ReadsInPlace => true;

    public static JsonObject Parameters(ModelDefinition model) => TrainAction.Task(model.Manifest);

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        var model = OnnxModel.Read(File.ReadAllBytes(context.InputPath(TrainAction.Model)));
        var test = Read(PrepareAction.Test);
        var baseline = Baseline.Fit(Read(PrepareAction.Train), TrainAction.Spec(context.Step.Parameters));
        var facts = new JsonObject
        {
            ["baseline"] = Json(baseline.Evaluate(test)),
            ["metrics"] = Json(Learning.Metrics.Evaluate(model.Signature, new Scorer(model).Predict(test), test)),
        };
        File.WriteAllText(context.OutputPath(Metrics), CanonicalJson.Indented(facts));
        return facts;

        Frame Read(string input)
        {
            using var file = File.OpenRead(context.InputPath(input));
            return FrameFile.Read(file);
        }
    }

    /// <summary>Five significant decimals after the point are what a reviewer can use; undefined is null.</summary>
    private static JsonObject Json(IReadOnlyDictionary<string, double?> metrics) =>
        new(metrics.Select(metric => KeyValuePair.Create(metric.Key, metric.Value is { } value ? (JsonNode?)Math.Round(value, 5) : null)));
}
