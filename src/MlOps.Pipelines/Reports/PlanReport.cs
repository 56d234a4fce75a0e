using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Runs;

namespace MlOps.Pipelines.Reports;

/// <summary>What a build would do, as a table and as JSON in the manner of <c>terraform show -json</c>.</summary>
/// <remarks>See https://developer.hashicorp.com/terraform/internals/json-format; actions are <c>no-op</c>, <c>restore</c>, <c>run</c> and <c>await</c>.</remarks>
internal sealed class PlanReport(BuildPlan plan, LockFile prior, Forecast? forecast = null, int jobs = 1)
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

        var seconds = pending.ConvertAll(step => step.Action == PlannedAction.Restore ? null : forecast?.Of(step));
        var table = seconds.Any(known => known is not null) ? new TextTable("step", "action", "seconds", "reason") : new TextTable("step", "action", "reason");
        foreach (var (step, known) in pending.Zip(seconds))
        {
            Add(step.Step.Name.Value, Word(step.Action), known?.ToString("0.0", CultureInfo.InvariantCulture) ?? "", step.Explanation);
        }

        foreach (var removed in plan.Removed)
        {
            Add(removed.ToString(), "forget", "", "it is declared no more");
        }

        var lines = pending.Count + plan.Removed.Count > 0 ? table + "\n" : "";
        return $"{lines}{pending.Count} pending, {upToDate} up to date{Frozen()}{Expected(plan.Steps, forecast, jobs)}{(pending.Any(step => Word(step.Action) == "await") ? " (await: runs only if a step before it gives something new)" : "")}{(plan.LockChanges && pending.Count == 0 ? "; data.lock.json would change" : "")}";

        void Add(string step, string action, string time, string reason) =>
            table.Add(seconds.Any(known => known is not null) ? [step, action, time, reason] : [step, action, reason]);
    }

    /// <summary>Those that stay though their sources may have changed must not look as if they had not.</summary>
    private string Frozen()
    {
        var frozen = plan.Steps.Where(step => step.Reason == StaleReason.Frozen).Select(step => step.Step.Name.Value).ToList();
        return frozen.Count == 0 ? "" : $" (frozen: {string.Join(", ", frozen)})";
    }

    /// <summary>How long steps will take in all, to be put behind their number; empty if nothing is known of any of them.</summary>
    public static string Expected(IReadOnlyList<PlannedStep> steps, Forecast? forecast, int jobs)
    {
        var toRun = steps.Count(step => step.Action is PlannedAction.Run or PlannedAction.Await);
        var (seconds, unknown) = forecast?.Total(steps, jobs) ?? (0, toRun);
        return unknown == toRun ? "" : $", about {Workspace.Shown(seconds)}{(unknown > 0 ? $", without {unknown} that never ran here" : "")}";
    }

    public JsonObject Json() => new()
    {
        ["format_version"] = "1.1",
        ["prior_state"] = new JsonObject { ["lock"] = prior.Bytes.IsEmpty ? null : Digest.Of(prior.Bytes.Span).ToString(), ["format"] = LockFile.Format },
        ["applyable"] = !plan.IsUpToDate,
        ["complete"] = plan.Steps.All(step => step.Action != PlannedAction.Await),
        ["errored"] = false,
        ["jobs"] = jobs,
        ["predicted_seconds"] = forecast?.Total(plan.Steps, jobs) is (var seconds, 0) ? Math.Round(seconds, 3) : null,
        ["steps"] = new JsonArray([.. plan.Steps.Select(step => (JsonNode)new JsonObject
        {
            ["address"] = step.Step.Name.Value,
            ["type"] = step.Step.Action,
            ["lock_address"] = step.Step.Address.ToString(),
            ["origin"] = step.Step.Origin,
            ["predicted_seconds"] = forecast?.Of(step) is { } known ? Math.Round(known, 3) : null,
            ["change"] = new JsonObject
            {
                ["actions"] = new JsonArray(Word(step.Action)),
                ["before"] = prior.Find(step.Step.Address) is { } trace ? State(trace) : null,
                ["after"] = State(step),
                ["after_unknown"] = Unknown(step),
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

    private static JsonObject State(StepTrace trace) => new()
    {
        ["fingerprint"] = trace.Fingerprint.ToString(),
        ["code"] = Digests(trace.Code),
        ["parameters"] = trace.Parameters.DeepClone(),
        ["toolchain"] = Texts(trace.Toolchain),
        ["inputs"] = Digests(trace.Inputs),
        ["outputs"] = Digests(trace.Outputs),
    };

    /// <summary>What the lock will say of a step, as far as it is known before the step runs.</summary>
    private static JsonObject State(PlannedStep step)
    {
        var state = new JsonObject
        {
            ["code"] = Digests(step.Step.Code),
            ["parameters"] = step.Step.Parameters.DeepClone(),
            ["toolchain"] = Texts(step.Step.Toolchain),
        };
        if (step.Fingerprint is { } fingerprint)
        {
            state["fingerprint"] = fingerprint.ToString();
        }

        if (step.Inputs is { } inputs)
        {
            state["inputs"] = Digests(inputs.Where(input => step.Step.Inputs[input.Key] is FileInput { InLock: true }));
        }

        if (step.Result is { } result)
        {
            state["outputs"] = Digests(result.Outputs);
        }

        return state;
    }

    private static JsonObject Unknown(PlannedStep step)
    {
        var unknown = new JsonObject();
        foreach (var (name, known) in new[] { ("fingerprint", step.Fingerprint is not null), ("inputs", step.Inputs is not null), ("outputs", step.Result is not null) })
        {
            if (!known)
            {
                unknown[name] = true;
            }
        }

        return unknown;
    }

    private static JsonObject Digests(IEnumerable<KeyValuePair<string, Digest>> digests) =>
        new(digests.OrderBy(part => part.Key, StringComparer.Ordinal).Select(part => KeyValuePair.Create(part.Key, (JsonNode?)part.Value.ToString())));

    private static JsonObject Texts(IEnumerable<KeyValuePair<string, string>> texts) => new(texts.Select(part => KeyValuePair.Create(part.Key, (JsonNode?)part.Value)));
}
