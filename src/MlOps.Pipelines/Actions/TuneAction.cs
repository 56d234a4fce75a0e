using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Learning;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Manifests;
using MlOps.Scoring;

namespace MlOps.Pipelines.Actions;

/// <summary>Runs a model's trials and says which options are best: those of <see cref="Best"/> are trained with.</summary>
/// <param name="threads">Told how many trials run.</param>
/// <param name="trainers">How they are read.</param>
internal sealed class TuneAction(ThreadShare threads, JsonSerializerOptions trainers) : IStepExecutor
{
    public const string Name = "tune";

    /// <summary>The part of the code that draws and ranks; the other is that of the trials.</summary>
    public const string Code = "trials";

    /// <summary>The options that the best trial has other than declared.</summary>
    public const string Best = "best.json";

    /// <summary>Every trial, in order.</summary>
    public const string Trials = "trials.json";

    /// <summary>The fact that tells reviewers what was chosen.</summary>
    public const string Tuned = "tuned";

    /// <summary>The parameter that names those of the searched options of the model's own trainer that are whole numbers.</summary>
    public const string Whole = "whole";

    public bool ReadsInPlace => true;

    public static JsonObject Parameters(ModelDefinition model, TuneManifest tune)
    {
        var parameters = TrainAction.Parameters(model);
        var split = model.Split;
        var classes = model.Manifest.Task == ModelTask.Regression ? null : model.Manifest.Label;
        var by = split.By is SplitBy.Time or SplitBy.Group ? split.By : split.By == SplitBy.Stratified || classes is not null ? SplitBy.Stratified : SplitBy.Hash;
        var folds = new JsonObject { ["by"] = JsonNamingPolicy.CamelCase.ConvertName(by.ToString()), ["count"] = tune.Folds };
        if (by != SplitBy.Hash && !PrepareAction.HasKeys(model))
        {
            folds["column"] = model.Manifest.Label;
        }

        parameters[TrialAction.Folds] = folds;
        var declared = tune with { Metric = tune.Metric ?? Metrics.Names(model.Manifest.Task)[0], Folds = 3, Halving = tune.Halving is { Use: true } ? tune.Halving : null };
        parameters[Name] = JsonSerializer.SerializeToNode(declared, TuneJson.Default.TuneManifest);
        // It stands once, with what the trials share.
        parameters[Name]!.AsObject().Remove("folds");
        if (model.TuneMetrics is { Count: > 0 } own)
        {
            parameters[EvaluateAction.Metric] = JsonSerializer.SerializeToNode(own.ToDictionary(), EvaluationJson.Default.DictionaryStringMetricOptions);
        }

        if (model.Manifest.Trainer is CodeTrainer { Whole: var whole })
        {
            parameters[Whole] = new JsonArray([.. tune.Search.Keys.Where(whole.Contains).Order(StringComparer.Ordinal).Select(option => (JsonNode)option)]);
        }

        return parameters;
    }

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        var steps = new TrialSteps(context.Step, trainers);
        var isHigher = steps.HigherIsBetter;
        var scores = new SortedDictionary<int, (int Rung, IReadOnlyList<double?> Folds)>();
        IReadOnlyList<int> alive = [.. Enumerable.Range(1, steps.Count)];
        for (var rung = 0; rung < steps.Halving.Rungs; rung++)
        {
            alive = rung == 0 ? alive : steps.Halving.Survivors(alive, Means(), isHigher);
            foreach (var (trial, folds) in alive.Zip(Run(context, steps, alive, rung)))
            {
                scores[trial] = (rung, folds);
            }
        }

        var best = Halving.Ranked(alive, Means(), isHigher)[0];
        var mean = CrossValidation.Mean(scores[best].Folds) ?? throw Undefined(steps.Metric);
        File.WriteAllText(context.OutputPath(Best), CanonicalJson.Indented(steps.Options(best)));
        File.WriteAllText(context.OutputPath(Trials), CanonicalJson.Indented(TrialTable.Json(steps, scores, best)));
        var tuned = steps.Shown(best);
        return new() { [Tuned] = new JsonObject { ["options"] = tuned, ["trial"] = best, [steps.Metric] = EvaluateAction.Rounded(mean) } };

        List<double?> Means() => [.. alive.Select(trial => CrossValidation.Mean(scores[trial].Folds))];
    }

    private IEnumerable<IReadOnlyList<double?>> Run(StepContext context, TrialSteps steps, IReadOnlyList<int> trials, int rung)
    {
        threads.Expect(trials.Count);
        try
        {
            var records = context.RunSubsteps(trials.Select(trial => steps.Of(trial, rung)));
            return records.Select(record => (IReadOnlyList<double?>)[.. record.Facts[TrialAction.Scores]!.AsArray().Select(score => (double?)score)]);
        }
        finally
        {
            threads.Expect(-trials.Count);
        }
    }

    private static DiagnosticException Undefined(string metric) => new(new Diagnostic("MLO6091", $"no trial has a value of '{metric}'")
    {
        Where = "#/tune",
        Why = "the metric is undefined on at least one fold of every trial, such as the AUC where all rows are of one class",
        Mend = "set \"folds\" of \"tune\" to a smaller number, or choose another metric",
    });
}
