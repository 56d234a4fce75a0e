using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Code;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Learning;
using MlOps.Packaging;
using MlOps.Packaging.Images;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Manifests;
using MlOps.Pipelines.ModelCode;

namespace MlOps.Pipelines.Definitions;

/// <summary>Turns declarations into steps: per dataset an import; per model prepare, train, evaluate, explain and gate; and the run steps.</summary>
/// <param name="compiled">The models' own code, by the models' names; null where none has any.</param>
internal sealed class StepFactory(WorkspaceDefinition workspace, CodeDigests code, BuildMirror mirror, IReadOnlyDictionary<string, CompiledModel>? compiled = null)
{
    private readonly Dictionary<string, StepInput> _written = new(StringComparer.Ordinal);

    /// <summary>The steps whose outputs programs read, by name.</summary>
    private readonly HashSet<string> _readByPrograms = new(StringComparer.Ordinal);

    /// <summary>Every step of the workspace, checked against each other.</summary>
    public StepGraph Graph()
    {
        var declarations = RunSteps().ToList();
        foreach (var declaration in declarations)
        {
            var owner = declaration.Owner[(declaration.Owner.LastIndexOf('/') + 1)..];
            _readByPrograms.UnionWith(declaration.Reads.Where(read => read.StartsWith('@')).SelectMany(read => new[] { read[1..], $"{owner}/{read[1..]}" }));
            foreach (var path in declaration.Makes)
            {
                _written[declaration.Folder.Length == 0 ? path : $"{declaration.Folder}/{path}"] = new OutputInput(declaration.Name, path);
            }
        }

        var builtIn = workspace.Manifest.Data.Select(data => Import(data.Key, data.Value)).Concat(workspace.Models.SelectMany(Model)).Concat(ImageParts()).ToList();
        return StepGraph.Create([.. builtIn, .. RunDeclaration.ToSteps(declarations, builtIn.ToDictionary(step => step.Name.Value), Variable)]);
    }

    public static StepName ImportOf(string dataset) => StepName.Parse($"data/{dataset}");

    public static StepName Of(string model, string action) => StepName.Parse($"{model}/{action}");

    /// <summary>What images stand on.</summary>
    public static readonly StepName BaseStep = StepName.Parse("images/base");

    /// <summary>The runtime with the service.</summary>
    public static StepName ServiceStep(ServiceFlavour flavour) => StepName.Parse($"images/{ServiceAction.WordOf(flavour)}");

    /// <summary>What a model needs of the service.</summary>
    public static ServiceFlavour FlavourOf(ModelDefinition model) => model.ComputedColumns.Count > 0 ? ServiceFlavour.Untrimmed : ServiceFlavour.Trimmed;

    /// <summary>The parts that images share; none where there is no model.</summary>
    private IEnumerable<Step> ImageParts()
    {
        if (workspace.Models.Count == 0)
        {
            yield break;
        }

        yield return new()
        {
            Name = BaseStep,
            Action = BaseAction.Name,
            Address = new(BaseStep.Value, BaseAction.Name),
            Code = Code(BaseAction.Name, "layers"),
            Parameters = BaseAction.Parameters(workspace.Manifest.Image?.Base ?? BaseAction.Debian),
            Outputs = Names(BaseAction.Description, BaseAction.Layers),
            OnDemand = true,
            Origin = workspace.At("image", "base"),
        };
        mirror.Observe(InstalledSdk.Folder);
        var sdk = InstalledSdk.ChosenIn(Product.Folder) ?? "none";
        foreach (var flavour in workspace.Models.Select(FlavourOf).Distinct().Order())
        {
            var name = ServiceStep(flavour);
            yield return new()
            {
                Name = name,
                Action = ServiceAction.Name,
                Address = new(name.Value, ServiceAction.Name),
                Code = Code(ServiceAction.Name, "publish").Add("service", code.Service),
                Parameters = ServiceAction.Parameters(flavour, sdk),
                Outputs = Names(ServiceAction.Description, ServiceAction.Layer),
                OnDemand = true,
                Origin = WorkspaceDefinition.FileName,
            };
        }
    }

    private IEnumerable<RunDeclaration> RunSteps()
    {
        foreach (var (key, step) in workspace.Manifest.Steps)
        {
            yield return Declaration(key, step, "") with { Origin = workspace.At("steps", key) };
        }

        foreach (var model in workspace.Models)
        {
            foreach (var (key, step) in model.Manifest.Steps)
            {
                yield return Declaration(key, step, model.Folder) with { Owner = $"models/{model.Name}", Origin = model.At("steps", key) };
            }
        }
    }

    private static RunDeclaration Declaration(string key, RunStepManifest step, string folder) => new(key, [.. step.Run.Commands[0]], [.. step.Reads], [.. step.Writes])
    {
        Then = [.. step.Run.Commands.Skip(1).Select(command => command.ToImmutableArray())],
        Folder = folder,
        Metrics = [.. step.Metrics],
        Plots = [.. step.Plots],
        Env = [.. step.Env],
        Directory = step.Directory ?? "",
        Toolchain = step.Toolchain is not { } tools ? null : new()
        {
            Probes = [.. tools.Probe.Select(probe => probe.ToImmutableArray())],
            Files = tools.Files.Distinct(StringComparer.Ordinal).ToImmutableSortedDictionary(
                file => file, file => WorkspacePath.Parse(folder.Length == 0 ? file : $"{folder}/{file}"), StringComparer.Ordinal),
            Image = tools.Image,
        },
        Settings = new() { Timeout = step.Timeout?.Value, Retries = step.Retries, Pass = [.. step.Pass] },
        Frozen = step.Frozen,
        Always = step.Always,
    };

    /// <summary>An environment variable that a fingerprint covers; a remembered answer must fail when it changes.</summary>
    private string? Variable(string name)
    {
        mirror.ObserveVariable(name);
        return Environment.GetEnvironmentVariable(name);
    }

    private Step Import(string name, DatasetManifest data) => data.IsTable ? Table(name, data) : Files(name, data);

    private Step Table(string name, DatasetManifest data) => new()
    {
        Name = ImportOf(name),
        Action = ImportAction.Name,
        Address = new($"data/{name}", ImportAction.Name),
        Code = Code(ImportAction.Name, "csv"),
        Parameters = data.Contract is null ? [] : new JsonObject { ["contract"] = JsonSerializer.SerializeToNode(data.Contract, ImportJson.Default.DataContract) },
        Inputs = Inputs((ImportAction.Csv, Bytes(data))),
        Outputs = Names(ImportAction.Table, ImportAction.ProfileFile, ImportAction.Rows),
        FactNames = Names("bytes", "columns", "profile", "rows", "sha256", "xxh128"),
        Origin = workspace.At("data", name, "path"),
    };

    /// <summary>Has the place in the lock that a table would have, so that all who look for datasets find it.</summary>
    private Step Files(string name, DatasetManifest data) => new()
    {
        Name = ImportOf(name),
        Action = PinAction.Name,
        Address = new($"data/{name}", ImportAction.Name),
        Code = Code(PinAction.Name, "files"),
        Inputs = Inputs((WorkspacePath.Parse(data.Path).Value, Bytes(data))),
        Outputs = Names(PinAction.Listing),
        FactNames = Names("bytes", "files", "sha256", "xxh128"),
        StandsForItsInputs = true,
        Origin = workspace.At("data", name, "path"),
    };

    private StepInput Bytes(DatasetManifest data) =>
        _written.GetValueOrDefault(data.Path) ?? new FileInput(WorkspacePath.Parse(data.Path)) { InLock = false };

    private StepInput Adopted(ModelDefinition model, string file)
    {
        var own = $"{model.Folder}/{file}";
        return _written.GetValueOrDefault(own) ?? _written.GetValueOrDefault(file) ?? new FileInput(WorkspacePath.Parse(own));
    }

    private IEnumerable<Step> Model(ModelDefinition declared)
    {
        var own = compiled?.GetValueOrDefault(declared.Name);
        var model = own?.Trainer is null ? declared : declared with { Manifest = declared.Manifest with { Trainer = own.Trainer } };
        var manifest = model.Manifest;
        yield return Step(PrepareAction.Name, "split", PrepareAction.Parameters(model)) with
        {
            Inputs = Inputs((PrepareAction.Table, new OutputInput(ImportOf(manifest.Data), ImportAction.Table))),
            Outputs = Names([
                PrepareAction.Train,
                PrepareAction.Test,
                .. PrepareAction.HasKeys(model) ? [PrepareAction.Keys] : Array.Empty<string>(),
                .. _readByPrograms.Contains(Of(model.Name, PrepareAction.Name).Value) ? [PrepareAction.TrainCsv, PrepareAction.TestCsv] : Array.Empty<string>()]),
            FactNames = Names(PrepareAction.FactNames(model)),
            Code = Code(PrepareAction.Name, "split").AddRange(Own(PrepareAction.Name, model.CodeFunctions)),
        };
        if (manifest.Tests is { Count: > 0 } tests)
        {
            yield return Step(TestAction.Name, TestAction.Tests, TestAction.Parameters(model)) with
            {
                Code = Code(TestAction.Name, TestAction.Tests).AddRange(Own(TestAction.Name, tests)),
                Outputs = Names(TestAction.Passed),
                FactNames = Names(TestAction.Tests),
            };
        }

        var rows = (PrepareAction.Train, From(PrepareAction.Name, PrepareAction.Train));
        string[] trainer = manifest.Trainer is CodeTrainer { Code: var type } ? [type] : [];
        if (manifest.Tune is { } tune)
        {
            yield return Step(TuneAction.Name, TuneAction.Code, TuneAction.Parameters(model, tune)) with
            {
                Code = Code(TuneAction.Name, TuneAction.Code).AddRange(Code(TrialAction.Name, Variant(manifest.Trainer), manifest.Trainer))
                    .AddRange(Own(TrainAction.Name, trainer)).AddRange(Own(EvaluateAction.Name, [.. model.TuneMetrics.Values.Select(metric => metric.Code)], "metrics")),
                Inputs = Tested(PrepareAction.HasKeys(model) ? Inputs(rows, (PrepareAction.Keys, From(PrepareAction.Name, PrepareAction.Keys))) : Inputs(rows)),
                Outputs = Names(TuneAction.Best, TuneAction.Trials),
                FactNames = Names(TuneAction.Tuned),
                CheckedOut = Out(TuneAction.Trials),
            };
        }

        yield return Step(TrainAction.Name, Variant(manifest.Trainer), TrainAction.Parameters(model)) with
        {
            Code = Code(TrainAction.Name, Variant(manifest.Trainer), manifest.Trainer).AddRange(Own(TrainAction.Name, trainer)),
            Inputs = Tested(manifest.Trainer.Source is { } source ? Inputs(rows, (TrainAction.Adopted, Adopted(model, source)))
                : manifest.Tune is not null ? Inputs(rows, (TuneAction.Best, From(TuneAction.Name, TuneAction.Best)))
                : Inputs(rows)),
            Outputs = Names(TrainAction.Model),
            FactNames = Names(TrainAction.FactNames(model)),
            CheckedOut = Out(TrainAction.Model),
        };
        yield return Step(EvaluateAction.Name, "metrics", EvaluateAction.Parameters(model)) with
        {
            Code = Code(EvaluateAction.Name, "metrics").AddRange(Own(EvaluateAction.Name, model.MetricFunctions)),
            Inputs = Inputs(
                (TrainAction.Model, From(TrainAction.Name, TrainAction.Model)),
                (PrepareAction.Test, From(PrepareAction.Name, PrepareAction.Test)),
                (PrepareAction.Train, From(PrepareAction.Name, PrepareAction.Train))),
            Outputs = Names(EvaluateAction.Metrics, EvaluateAction.Curves),
            FactNames = model.Evaluation.Slices.Count > 0 ? Names("baseline", "intervals", "metrics", EvaluateAction.WorstSlice) : Names("baseline", "intervals", "metrics"),
            CheckedOut = Out(EvaluateAction.Metrics),
        };
        if (manifest.Explain?.On != false)
        {
            yield return Step(ExplainAction.Name, "explanations", ExplainAction.Parameters(model)) with
            {
                Inputs = Inputs((TrainAction.Model, From(TrainAction.Name, TrainAction.Model)), (PrepareAction.Test, From(PrepareAction.Name, PrepareAction.Test))),
                Outputs = Names(ExplainAction.Importance, ExplainAction.Dependence),
                CheckedOut = Out(ExplainAction.Importance, ExplainAction.Dependence),
            };
        }

        if (manifest.Gate is { Rules: var rules } && (rules.Compares || rules.Thresholds.Count > 0))
        {
            var metrics = (EvaluateAction.Metrics, From(EvaluateAction.Name, EvaluateAction.Metrics));
            yield return Step(GateAction.Name, "thresholds", GateAction.Parameters(model)) with
            {
                Code = Code(GateAction.Name, "thresholds").AddRange(Own(EvaluateAction.Name, rules.Compares ? [.. (model.GateEvaluation.Metrics ?? []).Values.Select(metric => metric.Code).Distinct(StringComparer.Ordinal)] : []))
                    .AddRange(rules.Champion is null ? [] : Functions([.. model.ComputedColumns.Select(column => column.Code)])),
                // The champion is none of them: decision 0012.
                Inputs = !rules.Compares ? Inputs(metrics) : Inputs(
                    metrics,
                    (TrainAction.Model, From(TrainAction.Name, TrainAction.Model)),
                    (PrepareAction.Test, From(PrepareAction.Name, PrepareAction.Test)),
                    (PrepareAction.Train, From(PrepareAction.Name, PrepareAction.Train))),
                Outputs = Names(GateAction.Verdict),
                FactNames = Names("gate"),
                LooksElsewhere = rules.Champion is not null,
            };
        }

        var licence = $"{model.Folder}/{PackageFile.Licence}";
        mirror.Observe(licence);
        yield return Step(PackageAction.Name, PackageAction.Variant, PackageAction.Parameters(model, own)) with
        {
            Inputs = Inputs([
                (TrainAction.Model, From(TrainAction.Name, TrainAction.Model)),
                (PrepareAction.Train, From(PrepareAction.Name, PrepareAction.Train)),
                (PrepareAction.Test, From(PrepareAction.Name, PrepareAction.Test)),
                (EvaluateAction.Metrics, From(EvaluateAction.Name, EvaluateAction.Metrics)),
                .. manifest.Explain?.On != false ? [(ExplainAction.Importance, From(ExplainAction.Name, ExplainAction.Importance))] : Array.Empty<(string, StepInput)>(),
                .. File.Exists(Path.Join(workspace.Root, licence)) ? [(PackageFile.Licence, new FileInput(WorkspacePath.Parse(licence)))] : Array.Empty<(string, StepInput)>()]),
            Outputs = Names(PackageAction.Manifest, PackageAction.Files),
            FactNames = Names(PackageAction.Signature),
            CheckedOut = ImmutableSortedDictionary.Create<string, WorkspacePath>(StringComparer.Ordinal).Add(PackageAction.Files, WorkspacePath.Parse($"{model.Name}/{PackageAction.Name}")),
        };

        yield return Step(ImageAction.Name, "compose", []) with
        {
            Inputs = Inputs([
                (PackageAction.Manifest, From(PackageAction.Name, PackageAction.Manifest)),
                (PackageAction.Files, From(PackageAction.Name, PackageAction.Files)),
                (TrainAction.Model, From(TrainAction.Name, TrainAction.Model)),
                (BaseAction.Description, new OutputInput(BaseStep, BaseAction.Description)),
                (ServiceAction.Description, new OutputInput(ServiceStep(FlavourOf(model)), ServiceAction.Description))]),
            Outputs = Names(ImageAction.Manifest, ImageAction.Config, ImageAction.Layer),
            OnDemand = true,
        };

        Step Step(string action, string codeName, JsonObject parameters) => new()
        {
            Name = Of(model.Name, action),
            Action = action,
            Address = new($"models/{model.Name}", action),
            Code = Code(action, codeName, action == TrainAction.Name ? model.Manifest.Trainer : null),
            Parameters = parameters,
            Origin = model.File,
        };

        // Functions and types of the model's own code, with what calls them in their process; nothing where there are none.
        IEnumerable<KeyValuePair<string, Digest>> Own(string action, IReadOnlyList<string> names, string worker = PrepareAction.Worker) => names.Count == 0 ? []
            : [KeyValuePair.Create(worker, code.Of($"{action}/{PrepareAction.Worker}")), .. Functions(names)];

        IEnumerable<KeyValuePair<string, Digest>> Functions(IReadOnlyList<string> names) =>
            (own?.Functions.Values ?? []).Where(function => names.Contains(function.Name)).Select(function => KeyValuePair.Create(function.Name, function.Digest));

        ImmutableSortedDictionary<string, StepInput> Tested(ImmutableSortedDictionary<string, StepInput> inputs) =>
            manifest.Tests is { Count: > 0 } ? inputs.Add(TestAction.Passed, From(TestAction.Name, TestAction.Passed)) : inputs;

        OutputInput From(string action, string output) => new(Of(model.Name, action), output);

        ImmutableSortedDictionary<string, WorkspacePath> Out(params string[] outputs) =>
            outputs.ToImmutableSortedDictionary(output => output, output => WorkspacePath.Parse($"{model.Name}/{output}"), StringComparer.Ordinal);
    }

    /// <summary>The name of what a trainer's steps run.</summary>
    private static string Variant(TrainerOptions trainer) => trainer is CodeTrainer ? CodeTrainer.TrainerName : trainer.Name;

    private ImmutableSortedDictionary<string, Digest> Code(string action, string name, TrainerOptions? trainer = null) =>
        StepRecord.NoOutputs.Add(name, code.Of($"{action}/{name}", trainer?.GetType()));

    private static ImmutableSortedDictionary<string, StepInput> Inputs(params (string Name, StepInput Input)[] inputs) =>
        inputs.ToImmutableSortedDictionary(input => input.Name, input => input.Input, StringComparer.Ordinal);

    private static ImmutableSortedSet<string> Names(params string[] names) => names.ToImmutableSortedSet(StringComparer.Ordinal);
}
