using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Champions;
using MlOps.Pipelines.Datasets;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Manifests;
using MlOps.Pipelines.ModelCode;
using MlOps.Pipelines.Packages;
using MlOps.Pipelines.Runs;

namespace MlOps.Pipelines;

/// <summary>A workspace, with one method per target. Everything that both hosts can do is done here.</summary>
public sealed partial class Workspace
{
    private readonly WorkspaceOptions _options;
    private readonly IReporter _reporter;
    private readonly CodeDigests _code = new();
    private readonly KnownCode _knownCode;
    private readonly SavedPlan? _saved;
    private readonly BuildMirror _mirror;
    private readonly Trial _trial;
    private readonly WorkspaceDefinition _definition;
    private readonly Dictionary<string, CompiledModel> _compiled;
    private readonly StepGraph _graph;
    private readonly BuildEngine _engine;

    /// <summary>The datasets that lie in the workspace: not those that steps make.</summary>
    private readonly Dictionary<StepName, Dataset> _datasets;
    private readonly WorkspaceData _data;
    private readonly ChampionSource _champions;

    /// <summary>Whether a build makes images, too.</summary>
    private bool _makesImages;

    private Workspace(string root, WorkspaceOptions options, IReporter reporter)
    {
        (Root, _reporter) = (root, reporter);
        _head = new(() => Committed("HEAD"));
        _saved = options.Plan is { } file ? SavedPlan.Read(file) : null;
        _options = options = _saved is null ? options : AsPlanned(options, _saved);
        _mirror = new BuildMirror(root);
        ObserveDeclarations();
        _trial = Trial.Of(options.Set, options.Models);
        _definition = WorkspaceDefinition.Load(root, _mirror.Observe, _trial, ManifestJson.With(options.Trainers));
        _compiled = options.NeedsNoCode ? [] : ModelCompiler.CompileAll(root, _definition.Models, _mirror.Observe, reporter.Warn, options.Cancellation);
        _graph = new StepFactory(_definition, _code, _mirror, _compiled).Graph();
        _knownCode = new(root, _code.Listings);
        var declared = _definition.Manifest.Data.Where(data => _graph.Find(StepFactory.ImportOf(data.Key))!.Inputs.Values.Single() is FileInput)
            .ToDictionary(data => data.Key, data => new Dataset(data.Key, data.Value, _definition.At("data", data.Key, "path")), StringComparer.Ordinal);
        _datasets = declared.Values.ToDictionary(dataset => dataset.Step);
        var bytes = new DatasetBytes(root, declared, new(Path.Join(root, ".mlops", "store")));
        _champions = new(root, new(Path.Join(root, ".mlops", "store")));
        _engine = NewEngine(root, options, bytes, _champions, _compiled);
        _data = new(_engine, bytes, new(root, reporter), reporter);
        CheckNames();
    }

    /// <summary>The folder of <c>nuke.json</c>.</summary>
    public string Root { get; }

    /// <summary>Reads a workspace's declarations and checks them.</summary>
    /// <exception cref="DiagnosticException">There is no workspace, or something declared is wrong: all that was found.</exception>
    public static Workspace Open(WorkspaceOptions options, IReporter reporter) =>
        new(WorkspaceFiles.FindRoot(options.Root), options, reporter);

    private static BuildEngine NewEngine(string root, WorkspaceOptions options, DatasetBytes bytes, ChampionSource champions, IReadOnlyDictionary<string, CompiledModel> compiled)
    {
        BuildEngine? engine = null;
        var trials = new ThreadShare(options.Jobs);
        var json = ManifestJson.With(options.Trainers);
        engine = new(root, new Dictionary<string, IStepExecutor>(StringComparer.Ordinal)
        {
            [ImportAction.Name] = new ImportAction(bytes.Pin),
            [PinAction.Name] = new PinAction(() => engine!.Files, bytes.Pin),
            [PrepareAction.Name] = new PrepareAction(compiled),
            [TestAction.Name] = new TestAction(compiled),
            [TrainAction.Name] = new OwnCodeExecutor(new TrainAction(options.Jobs, json), compiled, () => options.Jobs),
            [TuneAction.Name] = new TuneAction(trials, json),
            [TrialAction.Name] = new OwnCodeExecutor(new TrialAction(trials, json), compiled, () => trials.Each),
            [ExploreAction.Name] = new ExploreAction(trials, options.Budget, json),
            [EvaluateAction.Name] = new OwnCodeExecutor(new EvaluateAction(options.Jobs), compiled, () => options.Jobs),
            [ExplainAction.Name] = new ExplainAction(options.Jobs),
            [PackageAction.Name] = new PackageAction(compiled),
            [BaseAction.Name] = new BaseAction(new(Path.Join(root, ".mlops", "store")), () => MlOps.Packaging.Images.DebianList.Default),
            [ServiceAction.Name] = new ServiceAction(),
            [ImageAction.Name] = new ImageAction(),
            [GateAction.Name] = new OwnCodeExecutor(new GateAction(champions, options.Jobs), compiled, () => options.Jobs, champions),
        }, options.Rehash);
        return engine;
    }

    private static WorkspaceOptions AsPlanned(WorkspaceOptions options, SavedPlan plan)
    {
        var asked = options is { ForceAll: true } or { ForceStep: not null } ? "--force" : options.Models.Count > 0 ? "--model" : null;
        return asked is null ? options with { Models = plan.Models, ForceAll = plan.ForceAll, ForceStep = plan.ForceStep }
            : throw new DiagnosticException(new Diagnostic("MLO2132", $"'{asked}' cannot be given with a saved plan")
            {
                Where = options.Plan,
                Why = "the plan says what is to be done",
                Mend = $"leave it out, or plan with it: ./build.sh Plan {asked}… --out {options.Plan}",
            });
    }

    /// <summary>The models that this call is about, sorted by name.</summary>
    private IEnumerable<ModelDefinition> Chosen => _definition.Models.Where(model => _options.Models.Count == 0 || _options.Models.Any(word => new StepSelector(word).Covers(model.Name)));

    private BuildOptions Options(IReadOnlyCollection<StepName>? targets = null) => new()
    {
        Targets = targets ?? (_options.Models.Count == 0 && !_makesImages ? null : [.. Wanted.Select(step => step.Name)]),
        Jobs = _options.Jobs,
        KeepGoing = _options.KeepGoing,
        IsTrial = _options.Set.Count > 0,
        Conclude = Versioned,
        VerifyReads = _options.VerifyReads,
        ForceAll = _options.ForceAll,
        Force = [.. Forced().Concat(Decidable()).Select(step => step.Name)],
    };

    /// <summary>The steps that were asked for, where it is not simply all.</summary>
    private IEnumerable<Step> Wanted => (_options.Models.Count == 0 ? _graph.Steps : Chosen.SelectMany(model => StepsOf(model.Name)))
        .Where(step => !step.OnDemand || (_makesImages && step.Action == ImageAction.Name));

    /// <summary>Whether no option narrows or changes the answer, so that it may be remembered.</summary>
    private bool AnswersForAll => _options is { Models.Count: 0, Set.Count: 0, ForceAll: false, ForceStep: null, Rehash: false, Plan: null };

    private IEnumerable<Step> StepsOf(string model) => _graph.Steps.Where(step => step.Address.Owner == $"models/{model}");

    private IEnumerable<Step> Forced() => _options.ForceStep is not { } word ? [] : Named(word);

    /// <summary>The steps that a word names: by name or key, all instances of a declaration, or those with some values.</summary>
    private IEnumerable<Step> Named(string word)
    {
        var selector = new StepSelector(word);
        return _graph.Steps.Where(step => selector.Covers(step.Name.Value) || selector.Covers(step.Address.Key));
    }

    private void CheckNames()
    {
        var models = _definition.Models.Select(model => model.Name).ToList();
        foreach (var name in _options.Models.Where(word => !models.Any(new StepSelector(word).Covers) && !(_options.TakesVersions && PackageName.Parse(word).Version is not null)))
        {
            throw name.Split('@') is [.. var plain, var version] && models.Contains(string.Join('@', plain))
                ? new DiagnosticException(new Diagnostic("MLO2181", $"model '{string.Join('@', plain)}' has no version '{version}'")
                {
                    Why = PackageName.Parse(name).Version is null ? "a version is three numbers, such as 1.2.0" : "the target is about the model as it is declared now; Serve, Score, Inspect, Verify and Pull take versions",
                    Mend = $"leave '@{version}' out",
                })
                : Unknown("MLO2030", $"there is no model '{name}'", name, models);
        }

        if (_options.ForceStep is { } step && !Forced().Any())
        {
            throw Unknown("MLO2031", $"there is no step '{step}'", step, _graph.Steps.SelectMany(known => new[] { known.Name.Value, known.Address.Key, new StepSelector(known.Address.Key).Declared }));
        }
    }

    private static DiagnosticException Unknown(string code, string what, string word, IEnumerable<string> known)
    {
        var names = known.Distinct().Order(StringComparer.Ordinal).ToList();
        var nearest = Diagnostic.Nearest(word, names);
        return new(new Diagnostic(code, what)
        {
            Why = names.Count switch
            {
                0 => "none is declared",
                1 => $"there is only {names[0]}",
                _ => $"there are {string.Join(", ", names.Take(20))}{(names.Count > 20 ? ", …" : "")}",
            },
            Mend = nearest is null ? "choose one of them" : $"did you mean '{nearest}'?",
        });
    }

    /// <summary>Everything that the declarations are read from, so that a remembered answer fails when any of it changes.</summary>
    private void ObserveDeclarations()
    {
        _mirror.Observe(WorkspaceDefinition.FileName);
        _mirror.Observe("models");
        var models = Path.Combine(Root, "models");
        if (Directory.Exists(models))
        {
            foreach (var folder in Directory.EnumerateDirectories(models).Order(StringComparer.Ordinal))
            {
                var name = Path.GetFileName(folder);
                _mirror.Observe($"models/{name}");
                _mirror.Observe($"models/{name}/model.json");
                foreach (var releases in Directory.EnumerateFiles(folder, "releases*.json").Order(StringComparer.Ordinal))
                {
                    _mirror.Observe($"models/{name}/{Path.GetFileName(releases)}");
                }
            }
        }

        // Versions follow from what is committed.
        var git = Directory.Exists(models) ? GitFolder.Find(Root) : null;
        foreach (var file in git?.Heads() ?? [])
        {
            _mirror.Observe(file);
        }

        // During a merge, those of the protected branch count first.
        foreach (var folder in git is { Merging.Count: > 0 } ? git.Branches() : [])
        {
            _mirror.Observe(folder);
        }

        foreach (var place in git is null && Directory.Exists(models) ? GitFolder.Places(Root) : [])
        {
            _mirror.ObserveExistence(place);
        }

        foreach (var file in new[] { "mlops.dll", "code.json" })
        {
            _mirror.Observe(Path.Combine(AppContext.BaseDirectory, file));
        }
    }

    /// <summary>Puts the line in place of a pointer such as <c>models/churn/model.json#/features/age</c>.</summary>
    /// <remarks>Names are escaped in it as in https://www.rfc-editor.org/rfc/rfc6901.</remarks>
    private Diagnostic Placed(Diagnostic diagnostic)
    {
        if (diagnostic.Where?.Split('#', 2) is not [var file, var pointer])
        {
            return diagnostic;
        }

        string[] path = [.. pointer.Split('/')[1..].Select(name => name.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
        // Instances of one file share its lines.
        var model = _definition.Models.FirstOrDefault(model => model.File == file);
        return diagnostic with { Where = model?.At(path) ?? file };
    }
}
