using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Runs;

namespace MlOps.Pipelines.Reports;

/// <summary>What changed and what it caused: between two locks, and between the one at hand and the sources.</summary>
/// <param name="since">The revision that is compared with.</param>
/// <param name="until">The revision that is compared; null for the files at hand.</param>
/// <param name="subject">What is asked for; null for everything.</param>
/// <param name="log">What builds on this machine did.</param>
/// <param name="code">The code that this machine knows.</param>
internal sealed class ExplainReport(string since, string? until, string? subject, RunLog log, KnownCode code)
{
    private LockComparison? _landed;
    private BuildPlan? _plan;
    private IReadOnlyList<PlannedStep> _pending = [];
    private IReadOnlyList<LockAddress> _removed = [];
    private IReadOnlyList<DatasetChange> _pendingData = [];
    private IReadOnlyList<CodeChange>? _codeLanded;
    private IReadOnlyList<CodeChange>? _codePending;
    private LockFile _current = LockFile.Empty;

    public void Landed(LockComparison comparison) => _landed = comparison;

    public void Pending(BuildPlan plan, LockFile current, IReadOnlyList<DatasetChange> datasets, Func<LockAddress, bool> about)
    {
        (_plan, _current, _pendingData) = (plan, current, datasets);
        _pending = [.. plan.Steps.Where(step => step.Action != PlannedAction.UpToDate && about(step.Step.Address))];
        _removed = [.. plan.Removed.Where(about)];
    }

    /// <summary>For people.</summary>
    /// <param name="paint">Whether a terminal shows it in colours.</param>
    public string Text(bool paint = false)
    {
        var (text, told) = (new StringBuilder(), new HashSet<string>(StringComparer.Ordinal));
        if (_landed is { } landed && landed.Steps.Count + landed.Datasets.Count > 0)
        {
            text.Append(until is null ? $"data.lock.json since {since}\n" : $"data.lock.json from {since} to {until}\n");
            Datasets(text, landed.Datasets);
            foreach (var step in landed.Steps)
            {
                text.Append($"  {Name(step.Address)}: {Why(step)}\n");
            }

            foreach (var (owner, metric) in landed.Metrics)
            {
                text.Append($"  {Leaf(owner)}: {metric.Name} {metric.Old ?? "none"} → {metric.New ?? "none"}\n");
            }

            Code(text, CodeLanded, told, paint);
        }

        if (_pending.Count > 0 || _removed.Count > 0)
        {
            text.Append("sources since data.lock.json (./build.sh Train brings it up to date)\n");
            Datasets(text, _pendingData);
            foreach (var step in _pending)
            {
                text.Append($"  {step.Step.Name}: {step.Explanation}\n");
            }

            foreach (var removed in _removed)
            {
                text.Append($"  {removed}: declared no more\n");
            }

            Code(text, CodePending, told, paint);
        }

        var nothing = $"nothing changed{(subject is null ? "" : $" for {subject}")}{(_landed is null ? "" : until is null ? $" since {since}" : $" from {since} to {until}")}";
        return text.Length == 0 ? nothing : text.ToString().TrimEnd('\n');
    }

    public JsonObject Json() => new()
    {
        ["revision"] = _landed is null ? null : since,
        ["until"] = until,
        ["subject"] = subject,
        ["landed"] = _landed is null ? null : new JsonObject
        {
            ["datasets"] = Json(_landed.Datasets),
            ["steps"] = new JsonArray([.. _landed.Steps.Select(step => (JsonNode)new JsonObject
            {
                ["address"] = step.Address.ToString(),
                ["status"] = Status(step),
                ["seconds"] = Last(step) is { Status: StepStatus.Ran } ran ? ran.Seconds : null,
                ["changes"] = PlanReport.Changes(step.Changes),
                ["upstream"] = new JsonArray([.. step.Upstream.Select(input => (JsonNode)new JsonObject
                {
                    ["input"] = input.Name,
                    ["step"] = input.Step,
                    ["before"] = input.Old,
                    ["after"] = input.New,
                })]),
                ["cut_off_by"] = new JsonArray([.. step.CutOffBy.Select(name => (JsonNode)name)]),
            })]),
            ["metrics"] = new JsonArray([.. _landed.Metrics.Select(metric => (JsonNode)new JsonObject
            {
                ["owner"] = metric.Owner,
                ["name"] = metric.Metric.Name,
                ["before"] = metric.Metric.Old,
                ["after"] = metric.Metric.New,
            })]),
            ["code"] = Json(CodeLanded),
        },
        ["pending"] = _plan is null ? null : new JsonObject
        {
            ["code"] = Json(CodePending),
            ["datasets"] = Json(_pendingData),
            ["plan"] = new PlanReport(_plan with { Steps = subject is null ? _plan.Steps : _pending, Removed = _removed }, _current).Json(),
        },
    };

    /// <summary>One change in words; digests say no more than that something changed.</summary>
    public static string Shown(PartChange change)
    {
        var name = change.Name.TrimStart('/').Replace('/', ' ');
        return change is { Old.Length: 64, New.Length: 64 } ? $"{name} changed" : $"{name} {Short(change.Old)} → {Short(change.New)}";

        static string Short(string? value) => value is { Length: 64 } ? value[..8] : value ?? "none";
    }

    private IReadOnlyList<CodeChange> CodeLanded => _codeLanded ??= CodeChange.Of((_landed?.Steps ?? []).SelectMany(step => step.Changes), code);

    private IReadOnlyList<CodeChange> CodePending => _codePending ??= CodeChange.Of(_pending.SelectMany(step => step.Changes), code);

    private string Why(StepChange step)
    {
        if (!step.IsNew)
        {
            return step.CutOffBy.Count > 0 ? $"skipped: {string.Join(", ", step.CutOffBy)} made the same bytes again (early cut-off)" : "unchanged";
        }

        var reasons = step.Changes.Select(Shown)
            .Concat(step.Upstream.Select(input => $"input {input.Name} of {input.Step} changed: {input.Old?[..8] ?? "none"} → {input.New?[..8] ?? "none"}")).ToList();
        var why = step.Added ? "new" : step.Removed ? "gone from the lock" : reasons.Count == 0 ? "its inputs or outputs changed" : string.Join("; ", reasons);
        return Status(step) switch
        {
            "restored" => $"{why} (restored)",
            "ran" when subject is not null => $"{why} (ran, {Workspace.Shown(Last(step)!.Seconds)})",
            _ => why,
        };
    }

    /// <summary>What happened to a step on the way from one lock to the other, as far as this machine was there.</summary>
    private string Status(StepChange step) => step.Removed ? "removed"
        : !step.IsNew ? step.CutOffBy.Count > 0 ? "skipped" : "unchanged"
        : Last(step)?.Status switch
        {
            StepStatus.Restored => "restored",
            StepStatus.Ran => "ran",
            _ => "changed",
        };

    private RunEntry? Last(StepChange step) => step.Fingerprint is not { } fingerprint ? null
        : log.Of(Name(step.Address)).LastOrDefault(run => run.Fingerprint == fingerprint.Hex && run.Status is StepStatus.Ran or StepStatus.Restored);

    private static void Datasets(StringBuilder text, IReadOnlyList<DatasetChange> datasets)
    {
        foreach (var change in datasets)
        {
            text.Append($"  data/{change.Dataset}: {change.Text}\n");
        }
    }

    private static void Code(StringBuilder text, IReadOnlyList<CodeChange> changes, HashSet<string> told, bool paint)
    {
        foreach (var change in changes)
        {
            change.Append(text, told, paint);
        }
    }

    private static JsonArray Json(IReadOnlyList<CodeChange> changes) => new([.. changes.Select(change => (JsonNode)change.Json())]);

    private static string Name(LockAddress address) =>
        address.Owner.StartsWith("data/", StringComparison.Ordinal) && address.Key == ImportAction.Name ? address.Owner : $"{Leaf(address.Owner)}/{address.Key}";

    private static string Leaf(string owner) => owner.Length == 0 ? "steps" : owner.StartsWith("data/", StringComparison.Ordinal) ? owner : owner[(owner.LastIndexOf('/') + 1)..];

    private static JsonArray Json(IEnumerable<DatasetChange> datasets) => new([.. datasets.Select(change => (JsonNode)new JsonObject
    {
        ["dataset"] = change.Dataset,
        ["rowsBefore"] = change.Before,
        ["rowsAfter"] = change.After,
        ["added"] = change.Difference?.Added,
        ["removed"] = change.Difference?.Removed,
        ["columns"] = PlanReport.Changes(change.Columns),
        ["files"] = change.Files is null ? null : PlanReport.Changes(change.Files),
    })]);
}
