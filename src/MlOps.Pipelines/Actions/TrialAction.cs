using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.Engine;
using MlOps.Learning;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Manifests;

namespace MlOps.Pipelines.Actions;

/// <summary>Measures a trainer's options by cross-validation on a model's training rows.</summary>
/// <param name="threads">How many each may use; changes the time only.</param>
/// <param name="trainers">How they are read.</param>
/// <param name="functionOf">The functions of the model's own code that compute metrics, by name; null where there are none.</param>
internal sealed class TrialAction(ThreadShare threads, JsonSerializerOptions trainers, Func<string, MetricFunction>? functionOf = null) : IStepExecutor
{
    public const string Name = "trial";

    /// <summary>The fact: the metric on each fold.</summary>
    public const string Scores = "scores";

    /// <summary>The parameter that tells how many folds there are, and what parts them.</summary>
    public const string Folds = "crossValidation";

    /// <summary>The parameter that tells the share of the rows to learn from.</summary>
    public const string Share = "share";

    public bool ReadsInPlace => true;

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        var parameters = context.Step.Parameters;
        var spec = TrainAction.Spec(parameters, new TrainerMembers(trainers).Read(parameters["trainer"]!));
        var rows = Read(context, PrepareAction.Train);
        var declared = parameters[Folds]!;
        var by = Enum.Parse<SplitBy>((string)declared["by"]!, ignoreCase: true);
        var key = context.Step.Inputs.ContainsKey(PrepareAction.Keys) ? Read(context, PrepareAction.Keys).Columns[0]
            : (string?)declared["column"] is { } column ? rows[column] : null;
        var folds = MlOps.Learning.Folds.Of(rows, by, key, (int)declared["count"]!);
        var scores = CrossValidation.Scores(rows, folds, (spec, (string)parameters["metric"]!), (double?)parameters[Share] ?? 1,
            (stage, done, total) => context.Report($"{stage} {done} of {total}"), threads.Each, cancellationToken,
            parameters[EvaluateAction.Metric]?.Deserialize(EvaluationJson.Default.DictionaryStringMetricOptions) is { } own ? new EvaluationOptions { Metrics = own }.Bound(functionOf, spec.Weight) : null);
        return new() { [Scores] = new JsonArray([.. scores.Select(score => (JsonNode?)score)]) };
    }

    private static Frame Read(StepContext context, string input)
    {
        using var file = File.OpenRead(context.InputPath(input));
        return FrameFile.Read(file);
    }
}

/// <summary>Divides the threads of a build between the trials that run side by side.</summary>
internal sealed class ThreadShare(int jobs)
{
    private int _expected;

    /// <summary>How many threads one of them may use.</summary>
    public int Each => Math.Max(1, jobs / Math.Clamp(Volatile.Read(ref _expected), 1, jobs));

    /// <summary>Notes that so many trials are about to run, or with a number below 0 that they have.</summary>
    public void Expect(int trials) => Interlocked.Add(ref _expected, trials);
}
