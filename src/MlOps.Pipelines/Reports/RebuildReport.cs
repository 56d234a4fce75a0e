using System.Text.Json.Nodes;
using MlOps.Engine;
using MlOps.Pipelines.Stores;

namespace MlOps.Pipelines.Reports;

/// <summary>How a rebuild compares with the lock, step by step, and where it first goes another way.</summary>
/// <param name="steps">The steps in the graph's order.</param>
/// <param name="outside">Of those that differ, what no tolerance covers.</param>
internal sealed class RebuildReport(IReadOnlyList<RebuiltStep> steps, IReadOnlyDictionary<StepName, IReadOnlyList<string>> outside)
{
    /// <summary>The first step that differs by more than its model tolerates; null if none does.</summary>
    public RebuiltStep? First { get; } = steps.FirstOrDefault(step => outside.TryGetValue(step.Step.Name, out var differences) && differences.Count > 0);

    public string Text()
    {
        var table = new TextTable("step", "rebuilt");
        foreach (var step in steps)
        {
            table.Add(step.Step.Name.Value, Word(step));
        }

        return First is null ? $"{table}\n\nthe rebuild gives what the lock says"
            : $"{table}\n\nthe first divergence: step {First.Step.Name}\n  {string.Join("\n  ", outside[First.Step.Name])}";
    }

    public JsonObject Json() => new()
    {
        ["same"] = First is null,
        ["firstDivergence"] = First?.Step.Name.Value,
        ["steps"] = new JsonArray([.. steps.Select(step => (JsonNode)new JsonObject
        {
            ["step"] = step.Step.Name.Value,
            ["result"] = Word(step),
            ["differences"] = new JsonArray([.. step.Differences.Select(difference => (JsonNode)difference)]),
        })]),
    };

    private string Word(RebuiltStep step) =>
        step.Differences.Count == 0 ? "the same"
        : outside[step.Step.Name].Count == 0 ? "within the tolerance"
        : step.IsComparable ? "differs" : "differs, as what it reads does";
}
