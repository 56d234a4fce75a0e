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

/// <summary>Measures a model on the test rows, as a whole and by slices, beside the constant baseline of the training rows.</summary>
/// <param name="threads">Changes the time only.</param>
/// <param name="functionOf">The functions of the model's own code that compute metrics, by name; null where there are none.</param>
internal sealed class EvaluateAction(int threads, Func<string, MetricFunction>? functionOf = null) : IStepExecutor
{
    public const string Name = "evaluate";
    public const string Metrics = "metrics.json";

    /// <summary>What reports draw.</summary>
    public const string Curves = "evaluation.json";

    /// <summary>The slice that fares worst.</summary>
    public const string WorstSlice = "worstSlice";

    /// <summary>The parameter of trials that names the metric of the model's own code, and how it is computed.</summary>
    public const string Metric = "ownMetrics";

    private const int Decimals = 5;

    public bool ReadsInPlace => true;

    public static JsonObject Parameters(ModelDefinition model)
    {
        var parameters = TrainAction.Task(model.Manifest);
        Add(parameters, model, model.Evaluation);
        return parameters;
    }

    /// <summary>Says how is measured; with functions of the model's own also by which weights.</summary>
    public static void Add(JsonObject parameters, ModelDefinition model, EvaluationOptions options)
    {
        parameters[Name] = JsonSerializer.SerializeToNode(options, EvaluationJson.Default.EvaluationOptions);
        if (options.Metrics is not null && model.Manifest.Weight is { } weight)
        {
            parameters["weight"] = weight;
        }
    }

    /// <summary>What <see cref="Add"/> said.</summary>
    public static EvaluationOptions Options(JsonObject parameters, Func<string, MetricFunction>? functionOf) =>
        parameters[Name].Deserialize(EvaluationJson.Default.EvaluationOptions)!.Bound(functionOf, (string?)parameters["weight"]);

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        var model = OnnxModel.Read(File.ReadAllBytes(context.InputPath(TrainAction.Model)));
        var test = FrameFile.FromBytes(File.ReadAllBytes(context.InputPath(PrepareAction.Test)));
        var train = FrameFile.FromBytes(File.ReadAllBytes(context.InputPath(PrepareAction.Train)));
        var options = Options(context.Step.Parameters, functionOf);
        var predictions = new Scorer(model).Predict(test);
        var evaluation = Evaluate(context, model.Signature, predictions, test, options, cancellationToken);
        var facts = new JsonObject
        {
            ["baseline"] = Json(Baseline.Fit(train, TrainAction.Spec(context.Step.Parameters, new LinearOptions())).Evaluate(test, options)),
            ["intervals"] = Intervals(evaluation.All),
            ["metrics"] = Json(evaluation.All.Metrics),
        };
        if (options.Slices.Count > 0)
        {
            facts[WorstSlice] = Worst(evaluation, options);
        }

        var told = facts.DeepClone().AsObject();
        told["slices"] = new JsonArray([.. evaluation.Slices.Select(slice => (JsonNode)new JsonObject
        {
            ["column"] = slice.Column,
            ["intervals"] = Intervals(slice.Measured),
            ["metrics"] = Json(slice.Measured.Metrics),
            ["rows"] = slice.Measured.Rows,
            ["value"] = slice.Value,
        })]);
        File.WriteAllText(context.OutputPath(Metrics), CanonicalJson.Indented(told));
        File.WriteAllText(context.OutputPath(Curves), CanonicalJson.Compact(CurveJson.Of(model.Signature, Learning.Curves.Of(model.Signature, predictions, test))) + "\n");
        return facts;
    }

    private Evaluation Evaluate(StepContext context, Signature signature, Predictions predictions, Frame test, EvaluationOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return Evaluation.Of(signature, predictions, test, options, threads, cancellationToken);
        }
        catch (DiagnosticException wrong)
        {
            throw new DiagnosticException([.. wrong.Diagnostics.Select(found => found with { Where = $"{context.Step.Origin}#/evaluate/slices" })]);
        }
    }

    /// <summary>Five significant decimals after the point are what a reviewer can use; undefined is null.</summary>
    public static double? Rounded(double? value) => value is { } number && double.IsFinite(number) ? Math.Round(number, Decimals) : null;

    /// <summary>An interval as one fact, <c>0.81 to 0.86</c>; null where there is none.</summary>
    public static string? Text(Interval? interval) =>
        interval is { } ends ? string.Create(CultureInfo.InvariantCulture, $"{CanonicalJson.Number(Rounded(ends.Low)!.Value)} to {CanonicalJson.Number(Rounded(ends.High)!.Value)}") : null;

    private static JsonObject Json(IReadOnlyDictionary<string, double?> metrics) =>
        new(metrics.Select(metric => KeyValuePair.Create(metric.Key, (JsonNode?)Rounded(metric.Value))));

    private static JsonObject Intervals(Measured measured) =>
        new(measured.Intervals.Select(metric => KeyValuePair.Create(metric.Key, (JsonNode?)Text(metric.Value))));

    private static JsonObject? Worst(Evaluation evaluation, EvaluationOptions options)
    {
        var metric = Learning.Metrics.Names(evaluation.Task)[0];
        return evaluation.Worst(options.MinRows) is not { } worst ? null
            : new() { [metric] = Rounded(worst.Measured.Metrics[metric]), ["rows"] = worst.Measured.Rows, ["slice"] = worst.Name };
    }
}
