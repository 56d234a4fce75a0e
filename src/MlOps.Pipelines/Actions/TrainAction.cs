using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using MlOps.Content;
using MlOps.Data;
using MlOps.Engine;
using MlOps.Learning;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Manifests;
using MlOps.Scoring;

namespace MlOps.Pipelines.Actions;

/// <summary>Fits a model to the training rows, or takes the one that a program fitted, and writes it as ONNX.</summary>
/// <param name="threads">Changes the time only.</param>
/// <param name="trainers">How they are read.</param>
internal sealed class TrainAction(int threads, JsonSerializerOptions trainers) : IStepExecutor
{
    public const string Name = "train";
    public const string Model = "model.onnx";

    /// <summary>The input that holds the file of a trainer that takes one.</summary>
    public const string Adopted = "file.onnx";

    /// <summary>The fact that tells the probability from which on rows are called positive, where costs decide it.</summary>
    public const string Threshold = "threshold";

    /// <summary>The fact that tells how many trees are kept, where the rows decide it.</summary>
    public const string Trees = "trees";

    /// <summary>The parameter that tells how training rows are parted, where not by the hash of the row.</summary>
    public const string Folds = "folds";

    public bool ReadsInPlace => true;

    public static JsonObject Parameters(ModelDefinition model)
    {
        var manifest = model.Manifest;
        var parameters = Task(manifest);
        parameters["features"] = new JsonObject(manifest.Features.Select(feature =>
            KeyValuePair.Create(feature.Key, (JsonNode?)ManifestJson.Shortest(feature.Value))));
        if (manifest.Weight is not null)
        {
            parameters["weight"] = manifest.Weight;
        }

        parameters["trainer"] = JsonSerializer.SerializeToNode(manifest.Trainer, (JsonTypeInfo<TrainerOptions>)model.Json.GetTypeInfo(typeof(TrainerOptions)));
        if (manifest.Calibrate is { } calibrate)
        {
            parameters["calibrate"] = JsonNamingPolicy.CamelCase.ConvertName(calibrate.ToString());
        }

        if (model.Folds is { } folds)
        {
            parameters[Folds] = new JsonObject { ["by"] = JsonNamingPolicy.CamelCase.ConvertName(folds.By.ToString()), ["column"] = folds.Column };
        }

        if (manifest.Threshold is not null)
        {
            parameters[Threshold] = JsonSerializer.SerializeToNode(manifest.Threshold, LearningJson.Default.ErrorCosts);
        }

        return parameters;
    }

    /// <summary>What is predicted, the part that training and evaluation share.</summary>
    public static JsonObject Task(ModelManifest manifest)
    {
        var parameters = new JsonObject
        {
            ["label"] = manifest.Label,
            ["task"] = JsonNamingPolicy.CamelCase.ConvertName(manifest.Task.ToString()),
        };
        if (manifest.Positive is not null)
        {
            parameters["positive"] = manifest.Positive;
        }

        return parameters;
    }

    /// <summary>What to learn, from the step's parameters alone; features in ordinal order, because the fingerprint knows no other.</summary>
    /// <param name="trainer">How; where nothing is fitted, any.</param>
    public static LearningSpec Spec(JsonObject parameters, TrainerOptions trainer) => new(
        Enum.Parse<ModelTask>((string)parameters["task"]!, ignoreCase: true),
        (string)parameters["label"]!,
        (string?)parameters["positive"],
        [.. (parameters["features"]?.AsObject() ?? []).OrderBy(feature => feature.Key, StringComparer.Ordinal)
            .Select(feature => new FeatureSpec(feature.Key, LearningJson.Feature(feature.Value)))],
        trainer,
        (string?)parameters["weight"])
    {
        Calibrate = (string?)parameters["calibrate"] is { } kind ? Enum.Parse<CalibrationKind>(kind, ignoreCase: true) : null,
        Folds = parameters[Folds] is { } folds ? new(Enum.Parse<SplitBy>((string)folds["by"]!, ignoreCase: true), (string?)folds["column"]) : null,
        Costs = parameters[Threshold]?.Deserialize(LearningJson.Default.ErrorCosts),
    };

    /// <summary>The facts of training: what the rows decided, beside the model itself.</summary>
    public static string[] FactNames(ModelDefinition model) =>
    [
        .. model.Manifest.Threshold is null ? [] : new[] { Threshold },
        .. model.StopsEarly ? new[] { Trees } : [],
    ];

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        using var file = File.OpenRead(context.InputPath(PrepareAction.Train));
        var members = new TrainerMembers(trainers);
        var declared = members.Read(context.Step.Parameters["trainer"]!);
        var trainer = context.Step.Inputs.ContainsKey(TuneAction.Best) ? members.With(declared, JsonNode.Parse(File.ReadAllText(context.InputPath(TuneAction.Best)))!.AsObject()) : declared;
        var (train, spec) = (FrameFile.Read(file), Spec(context.Step.Parameters, trainer));
        var model = spec.Trainer.Source is not null
            ? Adopt(train, spec, context)
            : Learner.Fit(train, spec, (stage, done, total) => context.Report($"{stage} {done} of {total}"), threads, cancellationToken, context.Warn);
        File.WriteAllBytes(context.OutputPath(Model), OnnxModel.Write(model));
        var facts = new JsonObject();
        if (spec.Costs is not null)
        {
            facts[Threshold] = (double)(decimal)model.Signature.Threshold;
        }

        if (context.Step.FactNames.Contains(Trees))
        {
            facts[Trees] = ((TreeEnsemble)model.Predictor).Trees.Count;
        }

        return facts;
    }

    private static TrainedModel Adopt(Frame train, LearningSpec spec, StepContext context)
    {
        try
        {
            return Learner.Adopt(train, spec, File.ReadAllBytes(context.InputPath(Adopted)));
        }
        catch (DiagnosticException failure)
        {
            throw new DiagnosticException([.. failure.Diagnostics.Select(found => found.Code.StartsWith("MLO5", StringComparison.Ordinal)
                ? found with { Where = $"{context.Step.Origin}#/trainer/file" }
                : found)]);
        }
    }
}
