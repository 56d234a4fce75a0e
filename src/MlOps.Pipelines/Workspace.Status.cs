using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Delivery;
using MlOps.Engine;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Reports;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>The key under which a remembered answer of <c>Status</c> without options stands: everything is up to date, and nothing runs.</summary>
    public const string StatusKey = "Status";

    /// <summary>Says per dataset and model whether it is up to date, and per environment what runs; exit 2 if work is pending.</summary>
    public async Task<Outcome> StatusAsync(CancellationToken cancellationToken)
    {
        await SettleDataAsync(new(), cancellationToken);
        var plan = await _engine.PlanAsync(_graph, Options() with { Mirror = AnswersForAll ? _mirror : null }, cancellationToken);
        var pinned = CurrentLock;
        var owners = new TextTable("what", "state", "facts");
        var ownersJson = new JsonObject();
        foreach (var owner in plan.Steps.GroupBy(step => step.Step.Address.Owner).OrderBy(owner => owner.Key, StringComparer.Ordinal))
        {
            var pending = owner.Count(step => step.Action != PlannedAction.UpToDate);
            var name = owner.Key.Length == 0 ? "steps" : owner.Key;
            owners.Add(name, pending == 0 ? "up to date" : $"{pending} of {owner.Count()} steps pending", Facts(pinned, owner.Key));
            var json = new JsonObject { ["steps"] = owner.Count(), ["pending"] = pending };
            foreach (var fact in (string[])["rows", "metrics", "baseline", "gate"])
            {
                if (pinned.Fact(owner.Key, fact) is { } value)
                {
                    json[fact] = value.DeepClone();
                }
            }

            ownersJson[name] = json;
        }

        var environments = new TextTable("environment", "state", "url", "process", "models");
        var environmentsJson = new JsonObject();
        var names = _definition.Manifest.Environments.Keys.DefaultIfEmpty("local").ToList();
        foreach (var name in names)
        {
            var driver = Driver(_definition.Manifest.Environments.Count == 0 ? null : name, out _);
            ObserveAbsence(driver);
            var status = await driver.StatusAsync(cancellationToken);
            environments.Add(name, State(status, pinned), status.Url?.ToString() ?? "", status.ProcessId?.ToString() ?? "", string.Join(", ", status.Models.Select(model => model.Name)));
            environmentsJson[name] = new JsonObject
            {
                ["state"] = JsonNamingPolicy.CamelCase.ConvertName(status.State.ToString()),
                ["url"] = status.Url?.ToString(),
                ["processId"] = status.ProcessId,
                ["models"] = new JsonObject(status.Models.Select(model => KeyValuePair.Create(model.Name, (JsonNode?)model.Digest.ToString()))),
            };
        }

        var text = $"{owners}\n\n{environments}";
        if (AnswersForAll && plan.IsUpToDate)
        {
            _mirror.Save(StatusKey, Encoding.UTF8.GetBytes(text + "\n"));
        }

        return new(plan.IsUpToDate ? ExitCode.Done : ExitCode.Pending, text,
            new JsonObject { ["pending"] = !plan.IsUpToDate, ["sources"] = ownersJson, ["environments"] = environmentsJson });
    }

    /// <summary>An answer is remembered only while nothing runs: what a process does shows in no file.</summary>
    private void ObserveAbsence(ProcessDriver driver)
    {
        if (driver.StatePath is { } path && !File.Exists(path))
        {
            _mirror.Observe(path);
        }
        else
        {
            _mirror.Forget();
        }
    }

    private string State(ServiceStatus status, LockFile pinned)
    {
        if (status.State != ServiceState.Ready)
        {
            return status.State == ServiceState.Stopped ? "stopped" : "not ready";
        }

        var behind = status.Models.Any(served => _definition.Models.FirstOrDefault(model => model.Name == served.Name) is not { } model || ModelDigest(pinned, model) != served.Digest);
        return behind ? "ready, but the lock names other models" : "ready";
    }

    private static string Facts(LockFile pinned, string owner) => pinned.Fact(owner, "rows") is JsonValue rows ? $"{rows} rows"
        : pinned.Fact(owner, "metrics") is JsonObject metrics
            ? string.Join("  ", metrics.Select(metric => $"{metric.Key} {metric.Value?.ToString() ?? "undefined"}")) + ((string?)pinned.Fact(owner, "gate")?["verdict"] is { } verdict ? $"  gate {verdict}" : "")
        : "";
}
