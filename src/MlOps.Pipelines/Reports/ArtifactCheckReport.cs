using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Packaging;
using MlOps.Pipelines.Packages;

namespace MlOps.Pipelines.Reports;

/// <summary>What checking a package or an image found, as a table and as JSON.</summary>
/// <param name="artifact">What was checked.</param>
/// <param name="findings">What was found.</param>
/// <param name="trust">Whose signatures counted.</param>
/// <param name="branch">Where that was read; null outside of git.</param>
internal sealed class ArtifactCheckReport(Artifact artifact, IReadOnlyList<ArtifactFinding> findings, TrustPolicy trust, string? branch)
{
    public string Text()
    {
        var table = new TextTable("check", "result", "seen");
        foreach (var finding in findings)
        {
            table.Add(finding.What, Word(finding.Result), finding.Seen);
        }

        var failed = findings.Count(finding => finding.Result == CheckResult.Failed);
        var whom = trust.Keys.Count > 0 ? $"{trust.Keys.Count} {(trust.Keys.Count == 1 ? "key is" : "keys are")} trusted by nuke.json of {branch ?? "this workspace"}"
            : $"no key is trusted: nuke.json of {branch ?? "this workspace"} declares no \"trust\", so signatures prove nothing here";
        return $"{artifact.Where}{(artifact.Version is null ? "" : $" {artifact.Version}")} {artifact.Digest}\n{table}\n{whom}\n{(failed == 0 ? "nothing is wrong" : $"{failed} of {findings.Count} checks failed")}";
    }

    public JsonObject Json() => new()
    {
        ["checks"] = new JsonArray([.. findings.Select(finding => (JsonNode)new JsonObject { ["check"] = finding.What, ["result"] = Word(finding.Result), ["seen"] = finding.Seen })]),
        ["digest"] = artifact.Digest.ToString(),
        ["trusted"] = new JsonArray([.. trust.Keys.Select(key => (JsonNode)key.Key.Id.ToString())]),
        ["verified"] = findings.All(finding => finding.Result != CheckResult.Failed),
    };

    /// <summary>What is so damaged that nothing else can be said.</summary>
    public static JsonObject Unreadable(IReadOnlyList<Diagnostic> problems) => new()
    {
        ["checks"] = new JsonArray([.. problems.Select(problem => (JsonNode)new JsonObject { ["check"] = "archive", ["result"] = Word(CheckResult.Failed), ["seen"] = $"{problem.What}: {problem.Why}" })]),
        ["verified"] = false,
    };

    private static string Word(CheckResult result) => result switch { CheckResult.Passed => "pass", CheckResult.Failed => "FAIL", _ => "unknown" };
}
