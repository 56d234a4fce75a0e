using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Pipelines.Reports;

/// <summary>What changed and what it caused: between a revision's lock and the one at hand, and between that and the sources.</summary>
internal sealed class ExplainReport(string revision)
{
    private LockComparison? _landed;
    private BuildPlan? _plan;
    private IReadOnlyList<DatasetChange> _pendingData = [];

    public void Landed(LockComparison comparison) => _landed = comparison;

    public void Pending(BuildPlan plan, IReadOnlyList<DatasetChange> datasets) => (_plan, _pendingData) = (plan, datasets);

    public string Text()
    {
        var text = new StringBuilder();
        if (_landed is { } landed && landed.Steps.Count + landed.Datasets.Count > 0)
        {
            text.Append($"data.lock.json since {revision}\n");
            Datasets(text, landed.Datasets);
            Steps(text, landed.Steps);
            foreach (var (owner, metric) in landed.Metrics)
            {
                text.Append($"  {Leaf(owner)}: {metric.Name} {metric.Old ?? "none"} → {metric.New ?? "none"}\n");
            }
        }

        var pending = _plan!.Steps.Where(step => step.Action != PlannedAction.UpToDate).ToList();
        if (pending.Count > 0 || _plan.Removed.Count > 0)
        {
            text.Append("sources since data.lock.json (./build.sh Train brings it up to date)\n");
            Datasets(text, _pendingData);
            foreach (var step in pending)
            {
                text.Append($"  {step.Step.Name}: {step.Explanation}\n");
            }

            foreach (var removed in _plan.Removed)
            {
                text.Append($"  {removed}: declared no more\n");
            }
        }

        return text.Length == 0 ? $"nothing changed{(_landed is null ? "" : $" since {revision}")}" : text.ToString().TrimEnd('\n');
    }

    public JsonObject Json() => new()
    {
        ["revision"] = _landed is null ? null : revision,
        ["landed"] = _landed is null ? null : new JsonObject
        {
            ["datasets"] = Json(_landed.Datasets),
            ["steps"] = new JsonArray([.. _landed.Steps.Select(step => (JsonNode)new JsonObject
            {
                ["address"] = step.Address.ToString(),
                ["changes"] = PlanReport.Changes(step.Changes),
            })]),
            ["metrics"] = new JsonArray([.. _landed.Metrics.Select(metric => (JsonNode)new JsonObject
            {
                ["owner"] = metric.Owner,
                ["name"] = metric.Metric.Name,
                ["before"] = metric.Metric.Old,
                ["after"] = metric.Metric.New,
            })]),
        },
        ["pending"] = new JsonObject { ["datasets"] = Json(_pendingData), ["plan"] = new PlanReport(_plan!).Json() },
    };

    private static void Datasets(StringBuilder text, IReadOnlyList<DatasetChange> datasets)
    {
        foreach (var change in datasets)
        {
            text.Append($"  data/{change.Dataset}: {change.Text}\n");
        }
    }

    private static void Steps(StringBuilder text, IReadOnlyList<StepChange> steps)
    {
        foreach (var step in steps)
        {
            var why = step.Added ? "new" : step.Removed ? "declared no more"
                : step.Changes.Count == 0 ? "its inputs changed" : string.Join("; ", step.Changes.Select(Shown));
            text.Append($"  {Leaf(step.Address.Owner)}/{step.Address.Key}: {why}\n");
        }
    }

    private static string Shown(PartChange change)
    {
        var name = change.Name.TrimStart('/').Replace('/', ' ');
        return change is { Old.Length: 64, New.Length: 64 } ? $"{name} changed" : $"{name} {change.Old ?? "none"} → {change.New ?? "none"}";
    }

    private static string Leaf(string owner) => owner.Length == 0 ? "steps" : owner.StartsWith("data/", StringComparison.Ordinal) ? owner : owner[(owner.LastIndexOf('/') + 1)..];

    private static JsonArray Json(IEnumerable<DatasetChange> datasets) => new([.. datasets.Select(change => (JsonNode)new JsonObject
    {
        ["dataset"] = change.Dataset,
        ["rowsBefore"] = change.Before,
        ["rowsAfter"] = change.After,
        ["added"] = change.Difference?.Added,
        ["removed"] = change.Difference?.Removed,
    })]);
}
