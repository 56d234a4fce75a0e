using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Pipelines.Reports;

/// <summary>What a build would do, as a table and as JSON in the manner of <c>terraform show -json</c>.</summary>
/// <remarks>See https://developer.hashicorp.com/terraform/internals/json-format; actions are <c>no-op</c>, <c>restore</c>, <c>run</c> and <c>await</c>.</remarks>
internal sealed class PlanReport(BuildPlan plan)
{
    public static string Word(PlannedAction action) => action switch
    {
        PlannedAction.UpToDate => "no-op",
        PlannedAction.Restore => "restore",
        PlannedAction.Run => "run",
        _ => "await",
    };

    public string Text()
    {
        var pending = plan.Steps.Where(step => step.Action != PlannedAction.UpToDate).ToList();
        var upToDate = plan.Steps.Count - pending.Count;
        if (plan.IsUpToDate)
        {
            return $"up to date: {upToDate} steps{Frozen()}";
        }

        var table = new TextTable("step", "action", "reason");
        foreach (var step in pending)
        {
            table.Add(step.Step.Name.Value, Word(step.Action), step.Explanation);
        }

        foreach (var removed in plan.Removed)
        {
            table.Add(removed.ToString(), "forget", "it is declared no more");
        }

        var lines = pending.Count + plan.Removed.Count > 0 ? table + "\n" : "";
        return $"{lines}{pending.Count} pending, {upToDate} up to date{Frozen()}{(pending.Any(step => Word(step.Action) == "await") ? " (await: runs only if a step before it gives something new)" : "")}{(plan.LockChanges && pending.Count == 0 ? "; data.lock.json would change" : "")}";
    }

    /// <summary>Those that stay though their sources may have changed must not look as if they had not.</summary>
    private string Frozen()
    {
        var frozen = plan.Steps.Where(step => step.Reason == StaleReason.Frozen).Select(step => step.Step.Name.Value).ToList();
        return frozen.Count == 0 ? "" : $" (frozen: {string.Join(", ", frozen)})";
    }

    public JsonObject Json() => new()
    {
        ["format_version"] = "1.0",
        ["steps"] = new JsonArray([.. plan.Steps.Select(step => (JsonNode)new JsonObject
        {
            ["address"] = step.Step.Name.Value,
            ["change"] = new JsonObject
            {
                ["actions"] = new JsonArray(Word(step.Action)),
                ["reason"] = JsonNamingPolicy.CamelCase.ConvertName(step.Reason.ToString()),
                ["explanation"] = step.Explanation,
                ["changes"] = Changes(step.Changes),
                ["depends_on"] = new JsonArray([.. step.DependsOn.Select(name => (JsonNode)name.Value)]),
            },
        })]),
        ["removed"] = new JsonArray([.. plan.Removed.Select(address => (JsonNode)address.ToString())]),
        ["pending"] = !plan.IsUpToDate,
    };

    public static JsonArray Changes(IEnumerable<PartChange> changes) => new([.. changes.Select(change => (JsonNode)new JsonObject
    {
        ["name"] = change.Name,
        ["before"] = change.Old,
        ["after"] = change.New,
    })]);
}
