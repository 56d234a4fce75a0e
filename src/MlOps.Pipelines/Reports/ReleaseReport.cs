using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Delivery;

namespace MlOps.Pipelines.Reports;

/// <summary>What a release did, and how to ask the service something.</summary>
/// <param name="rows">Per model a row to send, as JSON.</param>
internal sealed class ReleaseReport(EnvironmentSpec environment, ReleaseResult result, IReadOnlyDictionary<string, string> rows)
{
    public string Text()
    {
        var lines = new List<string>();
        if (result.Smoke is { } smoke)
        {
            lines.Add(Checks(smoke));
        }

        var models = string.Join(", ", result.Status.Models.Select(model => model.Name));
        lines.Add(result.Outcome switch
        {
            ReleaseOutcome.Unchanged when !result.Succeeded => $"{environment.Name} is unchanged and fails its smoke test: {models} at {result.Status.Url}",
            ReleaseOutcome.Unchanged => $"{environment.Name} is unchanged: {models} at {result.Status.Url}",
            ReleaseOutcome.Started => $"{environment.Name} answers: {models} at {result.Status.Url}",
            ReleaseOutcome.Replaced => $"{environment.Name} answers with the new state: {models} at {result.Status.Url}",
            ReleaseOutcome.RolledBack => $"{environment.Name} was rolled back: the former {models} answers at {result.Status.Url}",
            _ => $"{environment.Name} runs nothing",
        });
        if (result.Status.Url is { } url && result.Status.Models.Count > 0)
        {
            lines.AddRange(result.Status.Models.Where(model => rows.ContainsKey(model.Name)).Select(model =>
                $"  curl -s {url.ToString().TrimEnd('/')}/score/{model.Name} -H 'content-type: application/json' -d '{rows[model.Name].Replace("'", "'\\''", StringComparison.Ordinal)}'"));
        }

        return string.Join('\n', lines);
    }

    public JsonObject Json() => new()
    {
        ["environment"] = environment.Name,
        ["outcome"] = JsonNamingPolicy.CamelCase.ConvertName(result.Outcome.ToString()),
        ["url"] = result.Status.Url?.ToString(),
        ["processId"] = result.Status.ProcessId,
        ["models"] = new JsonObject(result.Status.Models.Select(model => KeyValuePair.Create(model.Name, (JsonNode?)model.Digest.ToString()))),
        ["smoke"] = result.Smoke is { } smoke ? Json(smoke) : null,
        ["problems"] = new JsonArray([.. result.Problems.Select(problem => (JsonNode)problem.ToString())]),
    };

    public static JsonArray Json(SmokeReport smoke) => new([.. smoke.Checks.Select(check => (JsonNode)new JsonObject
    {
        ["name"] = check.Name,
        ["model"] = check.Model,
        ["passed"] = check.Passed,
        ["message"] = check.Message,
    })]);

    public static string Checks(SmokeReport smoke)
    {
        var table = new TextTable("smoke test", "model", "result", "seen");
        foreach (var check in smoke.Checks)
        {
            table.Add(check.Name, check.Model ?? "", check.Passed ? "pass" : "FAIL", check.Message);
        }

        return table.ToString();
    }
}
