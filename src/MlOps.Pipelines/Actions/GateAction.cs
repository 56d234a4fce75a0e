using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Learning;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Manifests;

namespace MlOps.Pipelines.Actions;

/// <summary>Holds a model's metrics against its declared thresholds. A verdict of fail is a result, not a failure of the step.</summary>
internal sealed class GateAction : IStepExecutor
{
    public const string Name = "gate";
    public const string Verdict = "gate.json";

    public bool ReadsInPlace => true;

    public static JsonObject Parameters(ModelDefinition model) =>
        new() { ["thresholds"] = JsonSerializer.SerializeToNode(model.Manifest.Gate, ManifestJson.Default.DictionaryStringGateBounds) };

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        var thresholds = context.Step.Parameters["thresholds"].Deserialize(ManifestJson.Default.DictionaryStringGateBounds)!;
        var metrics = JsonNode.Parse(File.ReadAllBytes(context.InputPath(EvaluateAction.Metrics)))!["metrics"]!.AsObject()
            .ToDictionary(metric => metric.Key, metric => (double?)metric.Value, StringComparer.Ordinal);
        var verdict = Gate.Check(thresholds, metrics);
        var gate = new JsonObject { ["verdict"] = verdict.Passed ? "pass" : "fail" };
        if (!verdict.Passed)
        {
            gate["reasons"] = new JsonArray([.. verdict.Reasons.Select(reason => (JsonNode)reason)]);
        }

        var facts = new JsonObject { ["gate"] = gate };
        File.WriteAllText(context.OutputPath(Verdict), CanonicalJson.Indented(facts));
        return facts;
    }
}
