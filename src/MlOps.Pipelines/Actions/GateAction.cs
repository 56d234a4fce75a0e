using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.Engine;
using MlOps.Learning;
using MlOps.Pipelines.Champions;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Manifests;
using MlOps.Scoring;

namespace MlOps.Pipelines.Actions;

/// <summary>Holds a model against its declared rules. A verdict of fail is a result, not a failure of the step.</summary>
/// <param name="champions">Knows whom the model has to match.</param>
/// <param name="threads">Changes the time only.</param>
/// <param name="functionOf">The functions of the model's own code that compute metrics, by name; null where there are none.</param>
internal sealed class GateAction(IChampions champions, int threads, Func<string, MetricFunction>? functionOf = null) : IStepExecutor
{
    public const string Name = "gate";
    public const string Verdict = "gate.json";

    /// <summary>In the champion's evidence: how many of the test rows it learnt from; absent where none is known.</summary>
    public const string LearntFromTests = "learntFromTestRows";

    /// <summary>In the champion's evidence: false where it is at hand, and cannot be measured on these rows.</summary>
    public const string Comparable = "comparable";

    private const string Rules = "rules";

    public bool ReadsInPlace => true;

    public static JsonObject Parameters(ModelDefinition model)
    {
        var gate = model.Manifest.Gate!;
        var parameters = new JsonObject { ["thresholds"] = JsonSerializer.SerializeToNode(gate.Thresholds.ToDictionary(), GateJson.Default.DictionaryStringGateBounds) };
        if (gate.Rules.Compares)
        {
            parameters[Rules] = JsonSerializer.SerializeToNode(new GateManifest { Baseline = gate.Baseline, Champion = gate.Champion, Gaps = gate.Gaps }, GateJson.Default.GateManifest);
            EvaluateAction.Add(parameters, model, model.GateEvaluation);
        }

        return parameters;
    }

    /// <summary>The environment whose version is the champion of a gate; null where it compares with none.</summary>
    public static string? EnvironmentOf(Step gate) => (string?)gate.Parameters[Rules]?["champion"]?["environment"];

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        var parameters = context.Step.Parameters;
        var rules = (parameters[Rules]?.Deserialize(GateJson.Default.GateManifest)?.Rules ?? new()) with
        {
            Thresholds = parameters["thresholds"].Deserialize(GateJson.Default.DictionaryStringGateBounds)!,
        };
        var metrics = JsonNode.Parse(File.ReadAllBytes(context.InputPath(EvaluateAction.Metrics)))!["metrics"]!.AsObject()
            .ToDictionary(metric => metric.Key, metric => (double?)metric.Value, StringComparer.Ordinal);
        var facts = new JsonObject { ["gate"] = rules.Compares ? Compare(context, rules, metrics, cancellationToken) : Fact(Gate.Check(rules.Thresholds, metrics)) };
        File.WriteAllText(context.OutputPath(Verdict), CanonicalJson.Indented(facts));
        return facts;
    }

    private JsonObject Compare(StepContext context, GateRules rules, Dictionary<string, double?> metrics, CancellationToken cancellationToken)
    {
        var inputs = context.Step.Inputs.Keys.ToDictionary(name => name, name => File.ReadAllBytes(context.InputPath(name)), StringComparer.Ordinal);
        var candidate = Digest.Of(inputs[TrainAction.Model]);
        var model = OnnxModel.Read(inputs[TrainAction.Model]);
        var (test, train) = (FrameFile.FromBytes(inputs[PrepareAction.Test]), FrameFile.FromBytes(inputs[PrepareAction.Train]));
        var asked = new GateCase(metrics, new Scorer(model).Predict(test), test)
        {
            Options = EvaluateAction.Options(context.Step.Parameters, functionOf),
            Baseline = rules.Baseline is null ? null : Baseline.Fit(train, TaskOf(model.Signature)).Predict(test.RowCount),
        };
        Champion? champion = null;
        if (rules.Champion is { } rule)
        {
            champion = champions.Find(context.Step, rule.Environment, candidate);
            if (champion is { Model: { } digest, Bytes: null }
                && champions.Verdict(context.Step, digest, inputs.ToDictionary(input => input.Key, input => Digest.Of(input.Value), StringComparer.Ordinal)) is { } known)
            {
                return known;
            }

            asked = champion.Model is null ? asked : With(asked, champion, rule, model.Signature, context.Step);
            asked = asked.Champion is null ? asked : asked with { ChampionLearntFrom = LearntFrom(context.Step, champion.Model!.Value, model.Signature, test, train, Digest.Of(inputs[PrepareAction.Train])) };
        }

        var verdict = Gate.Judge(rules, asked, threads, cancellationToken);
        var fact = Fact(verdict);
        fact["candidate"] = candidate.ToString();
        if (verdict.Baseline is { } baseline)
        {
            fact["baseline"] = Evidence(baseline);
        }

        if (rules.Champion is not null)
        {
            var evidence = verdict.Champion.Count > 0 ? Evidence(verdict.Champion[0]) : [];
            if (asked.ChampionLearntFrom > 0)
            {
                evidence[LearntFromTests] = asked.ChampionLearntFrom;
            }

            if (asked.Champion is null && champion?.Bytes is not null)
            {
                evidence[Comparable] = false;
            }

            evidence["environment"] = rules.Champion.Environment;
            evidence["model"] = champion!.Model?.ToString();
            fact["champion"] = evidence;
        }

        foreach (var (column, measure, gap) in verdict.Gaps)
        {
            var gaps = (JsonObject)(fact["gaps"] ??= new JsonObject());
            gaps[$"{column} {measure}"] = new JsonObject { ["difference"] = EvaluateAction.Rounded(gap.Difference), ["interval"] = EvaluateAction.Text(gap.Interval), ["rows"] = gap.Rows };
        }

        return fact;
    }

    /// <summary>The champion's predictions of the same rows, or why there are none.</summary>
    private static GateCase With(GateCase asked, Champion champion, ChampionRule rule, Signature candidate, Step gate)
    {
        if (champion.Bytes is null)
        {
            return asked with { ChampionIsAbsent = $"{rule.Environment}'s model {champion.Model} is neither in the store nor in a remote" };
        }

        try
        {
            var model = OnnxModel.Read(champion.Bytes);
            return model.Signature.Task != candidate.Task || model.Signature.Label != candidate.Label
                ? asked with { ChampionIsAbsent = $"{rule.Environment}'s model predicts something else" }
                : ComputedOtherwise(model.Signature, candidate, champion, gate) is { } column
                ? asked with { ChampionIsAbsent = $"{rule.Environment}'s model takes '{column}' as other code computed it, or no lock in git's history tells which" }
                : asked with { Champion = new Scorer(model).Predict(asked.Test) };
        }
        catch (DiagnosticException failure)
        {
            // It was made for other columns, or by another product: it cannot be compared, which is no fault of the candidate.
            return asked with { ChampionIsAbsent = $"{rule.Environment}'s model cannot score these test rows: {failure.Diagnostics[0].What}" };
        }
    }

    /// <summary>A column of the test rows that is not what the champion learnt from, for the model's own code computes it; null where there is none.</summary>
    private static string? ComputedOtherwise(Signature champion, Signature candidate, Champion known, Step gate)
    {
        var now = candidate.Inputs.ToDictionary(input => input.Name, StringComparer.Ordinal);
        return champion.Inputs.FirstOrDefault(input => now.GetValueOrDefault(input.Name) is var current && (input.Code ?? current?.Code) is { } code
            && !(input.Code == current?.Code && input.From.SequenceEqual(current!.From) && known.Functions.TryGetValue(code, out var then) && gate.Code.TryGetValue(code, out var digest) && then == digest))?.Name;
    }

    /// <summary>How many test rows were training rows when the champion learnt: the split changed since, or the data's times did. Rows that stand on both sides today say nothing.</summary>
    private int LearntFrom(Step gate, Digest champion, Signature candidate, Frame test, Frame train, Digest trainDigest)
    {
        if (champions.LearntFrom(gate, champion) is not { } known || known.Digest == trainDigest)
        {
            return 0;
        }

        var learnt = FrameFile.FromBytes(known.Bytes);
        // A row is what the dataset says of it: what is computed may have changed since.
        var computed = candidate.Inputs.Where(input => input.Code is not null).Select(input => input.Name).ToHashSet(StringComparer.Ordinal);
        List<string> shared = [.. learnt.Columns.Select(column => column.Name).Where(name => !computed.Contains(name) && test.TryGet(name, out _) && train.TryGet(name, out _))];
        return RowDigests.Of(test.WithOnly(shared)).CountIn(RowDigests.Of(learnt.WithOnly(shared)), RowDigests.Of(train.WithOnly(shared)));
    }

    private static LearningSpec TaskOf(Signature signature) =>
        new(signature.Task, signature.Label, signature.Task == ModelTask.Binary ? signature.Classes[1] : null, [], new LinearOptions());

    private static JsonObject Evidence(Comparison compared) =>
        new() { ["gain"] = EvaluateAction.Rounded(compared.Gain), ["interval"] = EvaluateAction.Text(compared.Interval), ["rows"] = compared.Rows };

    private static JsonObject Fact(GateVerdict verdict)
    {
        var fact = new JsonObject { ["verdict"] = JsonNamingPolicy.CamelCase.ConvertName(verdict.Outcome.ToString()) };
        if (verdict.Reasons.Count > 0)
        {
            fact["reasons"] = new JsonArray([.. verdict.Reasons.Select(reason => (JsonNode)reason)]);
        }

        return fact;
    }
}
