using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Learning;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Manifests;

namespace MlOps.Pipelines.Actions;

/// <summary>The trials of a model: which options each is given, and the step that measures them.</summary>
/// <remarks>A trial's step has nothing of the number of trials or of what else is searched, so that more trials, or another range, reuse those that there are.</remarks>
internal sealed class TrialSteps
{
    private readonly Step _tune;
    private readonly TrainerOptions _declared;
    private readonly TrainerMembers _trainers;
    private readonly IReadOnlyDictionary<string, Type> _members;
    private readonly TuneManifest _manifest;

    /// <param name="tune">The step that they belong to.</param>
    /// <param name="trainers">How they are read.</param>
    public TrialSteps(Step tune, JsonSerializerOptions trainers)
    {
        _trainers = new(trainers);
        _tune = tune;
        _declared = _trainers.Read(tune.Parameters["trainer"]!);
        _members = _trainers.Of(_declared);
        _manifest = tune.Parameters[TuneAction.Name]!.Deserialize(TuneJson.Default.TuneManifest)!;
    }

    public int Count => _manifest.Trials;

    public Halving Halving => _manifest.Rungs;

    public string Metric => _manifest.Metric!;

    /// <summary>Whether more of the metric is better.</summary>
    public bool HigherIsBetter => (string?)_tune.Parameters[EvaluateAction.Metric]?[Metric]?["better"] is { } better ? better == "higher" : Metrics.HigherIsBetter(Metric) == true;

    /// <summary>Whether the metric is of the model's own code.</summary>
    public bool HasOwnMetric => _tune.Parameters[EvaluateAction.Metric] is not null;

    /// <summary>The trainer's options that a trial has other than declared; none for the first.</summary>
    /// <param name="trial">From 1.</param>
    public JsonObject Options(int trial) => trial == 1 ? [] : new(_manifest.Search.OrderBy(option => option.Key, StringComparer.Ordinal).Select(option =>
        KeyValuePair.Create(option.Key, (JsonNode?)Value(option.Key, option.Value, Lots.Of(_manifest.Seed, trial, option.Key)))));

    /// <summary>The searched options as a trial has them, the first one's as declared.</summary>
    public JsonObject Shown(int trial)
    {
        var drawn = Options(trial);
        return new(_manifest.Search.Keys.Order(StringComparer.Ordinal).Select(option => KeyValuePair.Create(option, drawn[option]?.DeepClone() ?? _trainers.Value(_declared, option))));
    }

    /// <summary>The step that measures a trial with the share of trees or rows that a rung gives.</summary>
    /// <param name="trial">From 1.</param>
    /// <param name="rung">From 0.</param>
    public Step Of(int trial, int rung)
    {
        var trainer = _trainers.With(_declared, Options(trial));
        var share = Halving.Share(rung);
        var parameters = _tune.Parameters.DeepClone().AsObject();
        parameters.Remove(TuneAction.Name);
        parameters.Remove(TuneAction.Whole);
        parameters["metric"] = Metric;
        if (trainer is BoostedTreesOptions trees)
        {
            trainer = trees with { Trees = Math.Max(1, (int)Math.Ceiling(trees.Trees * share)) };
        }
        else if (share < 1)
        {
            parameters[TrialAction.Share] = share;
        }

        parameters["trainer"] = _trainers.Write(trainer);
        return new()
        {
            Name = StepName.Parse(Name(_tune.Name.Value, trial, rung, Halving.Rungs)),
            Action = TrialAction.Name,
            Address = new(_tune.Address.Owner, Name(TuneAction.Name, trial, rung, Halving.Rungs)),
            // What ranks the trials changes none of them.
            Code = _tune.Code.Remove(TuneAction.Code),
            Parameters = parameters,
            Inputs = _tune.Inputs,
            FactNames = [TrialAction.Scores],
            Origin = _tune.Origin,
        };
    }

    /// <summary>What people see of a trial's step: <c>churn/tune/7</c>, and <c>churn/tune/7.1</c> where it has not got all yet.</summary>
    public static string Name(string tune, int trial, int rung, int rungs) =>
        string.Create(CultureInfo.InvariantCulture, $"{tune}/{trial}") + (rung == rungs - 1 ? "" : string.Create(CultureInfo.InvariantCulture, $".{rung + 1}"));

    private JsonNode Value(string option, SearchRange range, double lot)
    {
        if (range.By == SearchBy.Choice)
        {
            return JsonNode.Parse(range.Values[(int)(lot * range.Values.Count)].GetRawText())!;
        }

        var isWhole = _tune.Parameters[TuneAction.Whole] is JsonArray whole ? whole.Any(name => (string)name! == option) : TrainerMembers.IsWhole(_members[option]);
        var drawn = new NumberRange(range.Values[0].GetDouble(), range.Values[1].GetDouble(), range.By == SearchBy.Log, isWhole).At(lot);
        return isWhole ? JsonValue.Create((int)drawn) : JsonValue.Create(drawn);
    }
}
