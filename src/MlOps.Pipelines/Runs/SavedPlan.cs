using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Reports;

namespace MlOps.Pipelines.Runs;

/// <summary>A plan in a file: what was to be done with each step, from which lock, sources and build of the product.</summary>
/// <remarks>JSON with a digest over itself. It names no place on a machine, so that one may plan and another, with the same sources, carry it out.</remarks>
internal sealed class SavedPlan
{
    private const string Format = "mlops-plan/1";
    private const int ShownDifferences = 5;

    private readonly JsonObject _plan;

    private SavedPlan(JsonObject plan) => _plan = plan;

    /// <summary>The models that it is about; all when empty.</summary>
    public IReadOnlyList<string> Models => [.. _plan["models"]!.AsArray().Select(name => (string)name!)];

    /// <summary>Whether it runs everything.</summary>
    public bool ForceAll => (bool)_plan["forceAll"]!;

    /// <summary>The steps that it runs though they are up to date.</summary>
    public string? ForceStep => (string?)_plan["forceStep"];

    /// <summary>A plan made from the state at hand.</summary>
    /// <param name="fileDigest">The digest of a file of the workspace, for steps whose inputs the plan does not know yet.</param>
    public static SavedPlan Of(BuildPlan plan, WorkspaceOptions options, LockFile prior, Digest product, Func<WorkspacePath, Digest?> fileDigest) => new(new JsonObject
    {
        ["models"] = new JsonArray([.. options.Models.Select(name => (JsonNode)name)]),
        ["forceAll"] = options.ForceAll,
        ["forceStep"] = options.ForceStep,
        ["product"] = product.ToString(),
        ["lock"] = Digest.Of(prior.Bytes.Span).ToString(),
        ["steps"] = new JsonObject(plan.Steps.Select(step => KeyValuePair.Create(step.Step.Name.Value, (JsonNode?)new JsonObject
        {
            ["action"] = PlanReport.Word(step.Action),
            ["parts"] = new JsonObject(Parts(step, fileDigest).Select(part => KeyValuePair.Create(part.Name, (JsonNode?)part.Value))),
        }))),
        ["removed"] = new JsonArray([.. plan.Removed.Select(address => (JsonNode)address.ToString())]),
    });

    /// <summary>Reads a file that <see cref="Write"/> wrote.</summary>
    /// <exception cref="DiagnosticException">MLO2130 (cannot be read), MLO2131 (no plan, damaged, or of another format).</exception>
    public static SavedPlan Read(string file)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(file);
        }
        catch (Exception failure) when (IoFailure.Covers(failure))
        {
            throw new DiagnosticException(new Diagnostic("MLO2130", "the plan cannot be read")
            {
                Where = file,
                Why = IoFailure.Describe(failure).Why ?? failure.Message,
                Mend = $"make one: ./build.sh Plan --out {file}",
            });
        }

        return Parse(bytes, file);
    }

    /// <summary>Writes it whole or not at all.</summary>
    /// <exception cref="DiagnosticException">The file cannot be written.</exception>
    public void Write(string file)
    {
        try
        {
            var whole = new JsonObject { ["digest"] = DigestOf(_plan).ToString(), ["format"] = Format, ["plan"] = _plan.DeepClone() };
            AtomicFile.Write(Path.GetFullPath(file), Encoding.UTF8.GetBytes(CanonicalJson.Indented(whole)));
        }
        catch (Exception failure) when (IoFailure.Covers(failure))
        {
            throw new DiagnosticException(IoFailure.Describe(failure) with { Where = file });
        }
    }

    /// <summary>What makes it stale, in words; empty if it can be carried out. That less is to be done now, because results came from elsewhere, does no harm.</summary>
    public IReadOnlyList<string> DifferencesTo(BuildPlan now, LockFile prior, Digest product, Func<WorkspacePath, Digest?> fileDigest)
    {
        var differences = new List<string>();
        if ((string)_plan["product"]! != product.ToString())
        {
            differences.Add("another build of the product made it");
        }

        if ((string)_plan["lock"]! != Digest.Of(prior.Bytes.Span).ToString())
        {
            differences.Add($"{BuildEngine.LockName} is another");
        }

        var planned = _plan["steps"]!.AsObject();
        var names = now.Steps.Select(step => step.Step.Name.Value).ToHashSet(StringComparer.Ordinal);
        differences.AddRange(planned.Where(step => !names.Contains(step.Key)).Select(step => $"{step.Key} is declared no more"));
        foreach (var step in now.Steps)
        {
            differences.AddRange(planned[step.Step.Name.Value] is JsonObject then ? Differences(then, step, fileDigest) : [$"{step.Step.Name} is new"]);
        }

        return differences.Count > ShownDifferences ? [.. differences.Take(ShownDifferences), $"and {differences.Count - ShownDifferences} more"] : differences;
    }

    private static IEnumerable<string> Differences(JsonObject then, PlannedStep now, Func<WorkspacePath, Digest?> fileDigest)
    {
        var before = then["parts"]!.AsObject().Select(part => new FingerprintPart(part.Key, (string)part.Value!)).ToList();
        var changes = Fingerprint.Difference(before, Parts(now, fileDigest));
        if (changes.Count > 0)
        {
            return [$"{now.Step.Name}: {string.Join(", ", changes.Select(ExplainReport.Shown))}"];
        }

        return (string)then["action"]! == PlanReport.Word(PlannedAction.UpToDate) && now.Action != PlannedAction.UpToDate
            ? [$"{now.Step.Name}: {now.Explanation}"] : [];
    }

    /// <summary>All that a step's result follows from, as far as it stands in the workspace; sorted by name.</summary>
    private static List<FingerprintPart> Parts(PlannedStep plan, Func<WorkspacePath, Digest?> fileDigest)
    {
        var step = plan.Step;
        return
        [
            .. step.Code.Select(part => new FingerprintPart($"/code/{part.Key}", part.Value.Hex))
                .Concat(Fingerprint.Flatten("/parameters", step.Parameters))
                .Concat(step.Toolchain.Select(part => new FingerprintPart($"/toolchain/{part.Key}", part.Value)))
                .Concat(step.Inputs.Select(input => new FingerprintPart($"/inputs/{input.Key}", input.Value switch
                {
                    FileInput file => fileDigest(file.Path)?.Hex ?? "",
                    OutputInput output => $"{output.Step}:{output.Output}",
                    _ => "",
                })))
                .Concat(step.Outputs.Select(output => new FingerprintPart($"/outputs/{output}", "")))
                .OrderBy(part => part.Name, StringComparer.Ordinal),
        ];
    }

    private static SavedPlan Parse(byte[] bytes, string file)
    {
        JsonNode? whole;
        try
        {
            whole = JsonNode.Parse(bytes, documentOptions: new() { AllowDuplicateProperties = false });
        }
        catch (JsonException)
        {
            throw NoPlan(file, "it is not JSON");
        }

        return whole is not JsonObject { Count: 3 } members || members["format"] is not JsonValue format || members["plan"] is not JsonObject plan ? throw NoPlan(file, "it is something else")
            : format.ToString() != Format ? throw NoPlan(file, $"its format is '{format}', this product knows '{Format}'")
            : members["digest"]?.ToString() != DigestOf(plan).ToString() ? throw NoPlan(file, "its content does not have the digest that stands in it: it was changed or damaged")
            : new(plan);
    }

    private static DiagnosticException NoPlan(string file, string why) => new(new Diagnostic("MLO2131", "this is no plan that can be carried out")
    {
        Where = file,
        Why = why,
        Mend = $"make one: ./build.sh Plan --out {file}",
    });

    private static Digest DigestOf(JsonObject plan) => Digest.Of(CanonicalJson.Compact(plan));
}
