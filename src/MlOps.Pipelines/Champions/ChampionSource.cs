using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Experiments;
using MlOps.Pipelines.Manifests;

namespace MlOps.Pipelines.Champions;

/// <summary>Says which model a gate compares with: the one that the candidate's verdict in a lock names, else the one that <c>releases.json</c> names.</summary>
/// <remarks>The champion is no input of the gate's step: its fingerprint covers the candidate, the rows and the rules, so that a promotion makes no verdict stale.
/// That the lock is asked first makes a rerun give the same verdict all the same. See decision 0012.</remarks>
/// <param name="root">The workspace.</param>
/// <param name="store">Where models' bytes are.</param>
internal sealed class ChampionSource(string root, ContentStore store) : IChampions
{
    private IReadOnlyList<LockFile> _locks = [];
    private IReadOnlyList<LockFile> _older = [];
    private Func<StepName, bool> _asksAgain = _ => false;

    /// <summary>Where a model's releases stand, relative to the workspace: in its folder; those of an instance beside them, such as <c>releases@region=north.json</c>.</summary>
    public static string FileOf(string model) => WorkspaceDefinition.Declared(model) is var declared ? $"models/{declared}/releases{model[declared.Length..]}.json" : "";

    /// <summary>The environments that a model's releases name and the workspace does not declare (MLO2230).</summary>
    public IEnumerable<Diagnostic> Undeclared(string model, IReadOnlyCollection<string> environments) =>
        Releases(model).Keys.Where(name => !environments.Contains(name)).Order(StringComparer.Ordinal).Select(name => new Diagnostic("MLO2230", $"environment '{name}' is not declared")
        {
            Severity = Severity.Warning,
            Where = FileOf(model),
            Why = environments.Count == 0 ? "nuke.json declares none, and nothing runs what stands there" : $"nuke.json declares {string.Join(", ", environments.Order(StringComparer.Ordinal))}, and nothing runs what stands there",
            Mend = Diagnostic.Nearest(name, environments) is { } nearest ? $"did you mean '{nearest}'?" : "declare it in nuke.json under \"environments\", or remove it",
        });

    /// <inheritdoc/>
    public (Digest Digest, byte[] Bytes)? LearntFrom(Step gate, Digest champion)
    {
        var model = ModelOf(gate);
        var prepared = Trained(model, champion).Select(pinned => Outputs(pinned, model, PrepareAction.Name))
            .Concat(new ExperimentLog(store).Of(model).Where(experiment => experiment.Content == champion)
                .Select(experiment => experiment.Fingerprints.TryGetValue(PrepareAction.Name, out var fingerprint) ? store.TryGetRecord(fingerprint)?.Outputs : null));
        var rows = prepared.Select(outputs => outputs is not null && outputs.TryGetValue(PrepareAction.Train, out var digest) ? digest : (Digest?)null).FirstOrDefault(digest => digest is not null);
        return rows is { } known && store.Check(known) && store.TryRead(known) is { } bytes ? (known, bytes) : null;
    }

    /// <summary>What is known before a build.</summary>
    /// <param name="locks">Whose verdicts stay valid: the workspace's, then that of git HEAD.</param>
    /// <param name="asksAgain">The gates that are asked for, and compare with what <c>releases.json</c> names now.</param>
    public void Know(IReadOnlyList<LockFile> locks, Func<StepName, bool> asksAgain) => (_locks, _asksAgain) = (locks, asksAgain);

    /// <summary>What is known of champions from locks that are neither the workspace's nor HEAD's; their verdicts count for nothing.</summary>
    public void Recall(IReadOnlyList<LockFile> older) => _older = older;

    /// <summary>The locks by which a model was trained.</summary>
    public IEnumerable<LockFile> Trained(string model, Digest? digest) =>
        _locks.Concat(_older).Where(pinned => Outputs(pinned, model, TrainAction.Name) is { } outputs && outputs.TryGetValue(TrainAction.Model, out var trained) && trained == digest);

    /// <summary>The models that gates of this model may compare with, so that they can be fetched before.</summary>
    public IEnumerable<Digest> Wanted(string model, string environment) =>
        _locks.Select(pinned => pinned.Fact($"models/{model}", GateAction.Name)).Where(gate => HasCompared(gate, environment)).Select(Model)
            .Append(Named(model, environment)).OfType<Digest>();

    /// <inheritdoc/>
    public Champion Find(Step gate, string environment, Digest candidate)
    {
        var fact = _asksAgain(gate.Name) ? null : _locks.Select(pinned => pinned.Fact(gate.Address.Owner, GateAction.Name))
            .FirstOrDefault(fact => HasCompared(fact, environment) && (string?)fact!["candidate"] == candidate.ToString());
        var model = fact is null ? Named(ModelOf(gate), environment) : Model(fact);
        return new(model, model is { } digest && store.Check(digest) ? store.TryRead(digest) : null)
        {
            Functions = Trained(ModelOf(gate), model).Select(pinned => pinned.Find(new(gate.Address.Owner, PrepareAction.Name))?.Code).FirstOrDefault(code => code is not null) ?? StepRecord.NoOutputs,
        };
    }

    /// <inheritdoc/>
    public JsonObject? Verdict(Step gate, Digest champion, IReadOnlyDictionary<string, Digest> inputs) => _asksAgain(gate.Name) ? null : _locks
        .Where(pinned => pinned.Find(gate.Address) is { } trace && JsonNode.DeepEquals(trace.Parameters, gate.Parameters)
            && gate.Inputs.All(input => input.Value is OutputInput from && Output(pinned, gate, from) == inputs[input.Key]))
        .Select(pinned => pinned.Fact(gate.Address.Owner, GateAction.Name)).Where(fact => fact?["champion"]?["rows"] is not null && Model(fact) == champion)
        .Select(fact => fact!.DeepClone().AsObject()).FirstOrDefault();

    /// <summary>Whether a model's verdict waits for a champion that could not be had, and now can.</summary>
    public bool CanDecide(LockFile current, string model, string environment) =>
        current.Fact($"models/{model}", GateAction.Name) is { } gate && Model(gate) is { } asked && gate["champion"]!["rows"] is null && Named(model, environment) is { } champion && store.Check(champion)
        && (gate["champion"]![GateAction.Comparable] is null || champion != asked);

    /// <summary>The models that an environment or any other is to run.</summary>
    public IEnumerable<Digest> AllNamed(string model) => Releases(model).Keys.Select(environment => Named(model, environment)).OfType<Digest>();

    /// <exception cref="DiagnosticException">The file is wrong (MLO1001 to MLO1007), or what stands there is no digest (MLO2191).</exception>
    private Digest? Named(string model, string environment) =>
        !Releases(model).TryGetValue(environment, out var release) ? null
        : Digest.TryParse(release.Model, out var digest) ? digest
        : throw new DiagnosticException(new Diagnostic("MLO2191", $"'{release.Model}' is not the digest of a model")
        {
            Where = FileOf(model),
            Why = $"environment '{environment}' is to run it; a digest is sha256: and 64 hex digits",
            Mend = "take it from data.lock.json, where the model's step train has it as model.onnx",
        });

    private Dictionary<string, ReleaseManifest> Releases(string model)
    {
        var path = Path.Join(root, FileOf(model));
        return File.Exists(path) ? StrictJson.Read(FileOf(model), File.ReadAllBytes(path), ManifestJson.Default.DictionaryStringReleaseManifest).Value : [];
    }

    /// <summary>Whether a verdict was about the environment's champion, and that was there, or there was none.</summary>
    private static bool HasCompared(JsonNode? gate, string environment) =>
        gate?["champion"] is JsonObject champion && (string?)champion["environment"] == environment && (champion["rows"] is not null || champion["model"] is null);

    private static Digest? Model(JsonNode? gate) => Digest.TryParse((string?)gate?["champion"]?["model"], out var digest) ? digest : null;

    private static Digest? Output(LockFile pinned, Step gate, OutputInput from) =>
        pinned.Find(new(gate.Address.Owner, from.Step.Value[(from.Step.Value.LastIndexOf('/') + 1)..])) is { } trace && trace.Outputs.TryGetValue(from.Output, out var digest) ? digest : null;

    private static ImmutableSortedDictionary<string, Digest>? Outputs(LockFile pinned, string model, string step) => pinned.Find(new($"models/{model}", step))?.Outputs;

    private static string ModelOf(Step gate) => gate.Address.Owner["models/".Length..];
}
