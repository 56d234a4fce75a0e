using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.Engine;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;

namespace MlOps.Pipelines.Reports;

/// <summary>What a build did, as the table at its end and as JSON.</summary>
internal sealed class BuildReport(BuildResult result, IEnumerable<ModelDefinition> models)
{
    /// <summary>Those whose steps all have results; the others' facts are of an earlier build.</summary>
    private readonly List<ModelDefinition> _models = [.. models.Where(model => !result.Steps.Any(step =>
        step.Step.Address.Owner == $"models/{model.Name}" && step.Status is StepStatus.Failed or StepStatus.Skipped))];

    public string Text() => Text(step => step.Status);

    /// <summary>What the next call would print if nothing changed until then.</summary>
    public string UpToDateText() => Text(_ => StepStatus.UpToDate);

    public JsonObject Json() => new()
    {
        ["steps"] = new JsonArray([.. result.Steps.Select(step => (JsonNode)new JsonObject
        {
            ["step"] = step.Step.Name.Value,
            ["status"] = Word(step),
            ["seconds"] = Math.Round(step.Seconds, 3),
            ["reason"] = step.Explanation,
            ["ran"] = step.Substeps.Count == 0 ? null : step.Substeps.Count(part => part.Status == StepStatus.Ran),
            ["reused"] = step.Substeps.Count == 0 ? null : step.Substeps.Count(part => part.Status != StepStatus.Ran),
        })]),
        ["models"] = new JsonObject(_models.Select(model => KeyValuePair.Create(model.Name, (JsonNode?)new JsonObject
        {
            ["metrics"] = Fact(model, "metrics")?.DeepClone(),
            ["intervals"] = Fact(model, "intervals")?.DeepClone(),
            [EvaluateAction.WorstSlice] = Fact(model, EvaluateAction.WorstSlice)?.DeepClone(),
            ["baseline"] = Fact(model, "baseline")?.DeepClone(),
            ["gate"] = Fact(model, "gate")?.DeepClone(),
        }))),
        ["lockWritten"] = result.LockWritten,
    };

    /// <summary>As the status, but <c>frozen</c> for what stayed because it is declared so.</summary>
    public static string Word(StepOutcome step) => step is { Status: StepStatus.UpToDate, Reason: StaleReason.Frozen } ? "frozen" : BuildTable.Word(step.Status);

    /// <summary>What stands below the steps: the models' metrics; empty if there are none.</summary>
    public string Tail() => _models.Any(model => Fact(model, "metrics") is not null) ? "\n" + Metrics() : "";

    private string Text(Func<StepOutcome, StepStatus> statusOf) => BuildTable.Text(
        [.. result.Steps.Select(step => new BuildRow(step.Step.Name.Value, statusOf(step), step.Seconds, step.Explanation + Parts(step)) { IsFrozen = step.Reason == StaleReason.Frozen })], result.Steps.Count, Tail());

    /// <summary>How many of the trials of a step ran.</summary>
    private static string Parts(StepOutcome step)
    {
        var ran = step.Substeps.Count(part => part.Status == StepStatus.Ran);
        return step.Substeps.Count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; {ran} {(ran == 1 ? "trial" : "trials")} ran, {step.Substeps.Count - ran} known already");
    }

    private string Metrics()
    {
        var models = _models.Where(model => Fact(model, "metrics") is not null).ToList();
        var hasSlices = models.Exists(model => Fact(model, EvaluateAction.WorstSlice) is not null);
        var table = new TextTable(["model", "metrics on test rows", "baseline", .. hasSlices ? ["worst slice"] : Array.Empty<string>(), "gate"]);
        foreach (var model in models)
        {
            var slice = Fact(model, EvaluateAction.WorstSlice) is JsonObject worst ? $"{worst["slice"]}: {Shown(new JsonObject(worst.Where(fact => fact.Key is not ("rows" or "slice")).Select(fact => KeyValuePair.Create(fact.Key, fact.Value?.DeepClone()))))}" : "";
            table.Add([model.Name, Shown(Fact(model, "metrics")!), Shown(Fact(model, "baseline")!), .. hasSlices ? [slice] : Array.Empty<string>(), Gate(Fact(model, "gate"))]);
        }

        return table.ToString();
    }

    /// <summary>Metrics with four decimals; adding zero makes a rounded -0 a 0.</summary>
    private static string Shown(JsonNode metrics) => string.Join("  ", metrics.AsObject().Select(metric =>
        $"{metric.Key} {(metric.Value is { } value ? (Math.Round((double)value, 4) + 0.0).ToString("0.####", CultureInfo.InvariantCulture) : "undefined")}"));

    /// <summary>The verdict, and how far the model is from its champion.</summary>
    private static string Gate(JsonNode? gate) => (string?)gate?["verdict"] is not { } verdict ? "none"
        : gate!["champion"] is JsonObject { } champion && champion["gain"] is { } gain
            ? string.Create(CultureInfo.InvariantCulture, $"{verdict}, gain on {champion["environment"]} {Math.Round((double)gain, 4) + 0.0:0.####}") : verdict;

    private JsonNode? Fact(ModelDefinition model, string name) => result.Lock.Fact($"models/{model.Name}", name);
}
