using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.Delivery;
using MlOps.Engine;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Manifests;
using MlOps.Pipelines.Packages;
using MlOps.Pipelines.Reports;
using MlOps.Scoring;
using MlOps.Scoring.Computed;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>How many test rows of each model a smoke test sends.</summary>
    private const int HeldOutRowCount = 50;

    /// <summary>Letters as they are: the curl line is for people.</summary>
    private static readonly JsonSerializerOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Trains what is stale, brings the environment's service to the lock's models and smoke-tests it; the old service comes back if that fails.</summary>
    /// <param name="environment">An environment of <c>nuke.json</c>; null takes its first.</param>
    public async Task<Outcome> ReleaseAsync(string? environment, bool dryRun, CancellationToken cancellationToken)
    {
        var driver = Driver(environment, out var spec);
        if (dryRun)
        {
            return await PlanAsync(null, cancellationToken) with { Exit = ExitCode.Done };
        }

        var trained = await TrainAsync(cancellationToken);
        if (trained.Exit != ExitCode.Done)
        {
            return trained;
        }

        var service = Service(spec);
        var result = await new Reconciler(driver).ReleaseAsync(service, Smoke(service.Models, Chosen), cancellationToken);
        foreach (var problem in result.Problems)
        {
            _reporter.Warn(problem);
        }

        var exit = result.Succeeded ? ExitCode.Done : result.RefusedBySmokeTest ? ExitCode.Refused : ExitCode.Failed;
        var report = new ReleaseReport(spec, result, Chosen.ToDictionary(model => model.Name, CurlBody, StringComparer.Ordinal));
        return new(exit, $"{trained.Text}\n\n{report.Text()}", report.Json());
    }

    /// <summary>Serves the trained models in the foreground until it is cancelled.</summary>
    public async Task<Outcome> ServeAsync(string? environment, CancellationToken cancellationToken)
    {
        var driver = Driver(environment, out var spec);
        if (Versions is { Count: > 0 } versions)
        {
            return await ServeAsync(driver, spec, [.. await Task.WhenAll(versions.Select(name => PackagedModelAsync(name, cancellationToken)))], cancellationToken);
        }

        var trained = await TrainAsync(cancellationToken);
        if (trained.Exit != ExitCode.Done)
        {
            return trained;
        }

        _reporter.Note($"serving {string.Join(", ", Chosen.Select(model => model.Name))} at {spec.Url}; Ctrl+C ends it");
        var exit = await driver.ServeAsync(Service(spec), cancellationToken);
        return new(exit == 0 ? ExitCode.Done : ExitCode.Failed, "");
    }

    /// <summary>Stops the environment's service.</summary>
    /// <param name="dryRun">Only says whether there is one to stop.</param>
    public async Task<Outcome> StopAsync(string? environment, bool dryRun, CancellationToken cancellationToken)
    {
        var driver = Driver(environment, out var spec);
        if (dryRun)
        {
            var runs = (await driver.StatusAsync(cancellationToken)).State != ServiceState.Stopped;
            return new(ExitCode.Done, runs ? $"would stop {spec.Name}" : $"{spec.Name} is not running", new JsonObject { ["environment"] = spec.Name, ["stopped"] = false });
        }

        var stopped = await new Reconciler(driver).StopAsync(cancellationToken);
        return new(ExitCode.Done, stopped ? $"stopped {spec.Name}" : $"{spec.Name} was not running", new JsonObject { ["environment"] = spec.Name, ["stopped"] = stopped });
    }

    /// <summary>Tests the running service of an environment against the models that the lock names; exit 3 if an answer is wrong.</summary>
    public async Task<Outcome> SmokeAsync(string? environment, CancellationToken cancellationToken)
    {
        var driver = Driver(environment, out var spec);
        var status = await driver.StatusAsync(cancellationToken);
        if (status is not { State: not ServiceState.Stopped, Url: { } url })
        {
            throw new DiagnosticException(new Diagnostic("MLO2060", $"environment '{spec.Name}' runs nothing")
            {
                Mend = $"./build.sh Release{(environment is null ? "" : $" --environment {environment}")}",
            });
        }

        // Without --model, what a release of some models left running is what is tested.
        var running = status.Models.Select(model => model.Name).ToHashSet(StringComparer.Ordinal);
        var tested = Chosen.Where(model => _options.Models.Count > 0 || running.Contains(model.Name)).ToList();
        var report = await Smoke(Served(tested), tested).RunAsync(url, cancellationToken);
        var text = ReleaseReport.Checks(report);
        return new(report.Passed ? ExitCode.Done : ExitCode.Refused, text, ReleaseReport.Json(report));
    }

    private ProcessDriver Driver(string? environment, out EnvironmentSpec spec)
    {
        var declared = _definition.Manifest.Environments;
        if (environment is not null && !declared.ContainsKey(environment))
        {
            throw Unknown("MLO2061", $"there is no environment '{environment}'", environment, declared.Keys);
        }

        var (name, place) = declared.Count == 0 ? new("local", new EnvironmentManifest { Driver = Manifests.Driver.Process })
            : environment is null ? declared.First() : new(environment, declared[environment]);
        spec = new(name, place.Port);
        return new ProcessDriver(spec, Root);
    }

    private ServiceSpec Service(EnvironmentSpec environment)
    {
        var models = Served(Chosen);
        return models.Count > 0 ? new(environment, models, Path.Combine(AppContext.BaseDirectory, "serving", "MlOps.Serving.dll"))
            : throw new DiagnosticException(new Diagnostic("MLO2063", "this workspace has no model to serve") { Mend = "./build.sh New NAME --data FILE --label COLUMN" });
    }

    /// <summary>The models' files as the lock names them.</summary>
    private List<ServedModel> Served(IEnumerable<ModelDefinition> models)
    {
        var current = CurrentLock;
        var served = new List<ServedModel>();
        foreach (var model in models)
        {
            if (ModelDigest(current, model) is not { } onnx || !_engine.Store.Check(onnx))
            {
                throw NotTrained(model);
            }

            var code = _compiled.ContainsKey(model.Name) ? CodeOf(model, OnnxModel.Read(_engine.Store.TryRead(onnx)!).Signature) : null;
            served.Add(new(model.Name, _engine.Store.PathOf(onnx), onnx, (string?)current.Fact($"models/{model.Name}", VersionLedger.Version), code, AboutOf(model)));
        }

        return served;
    }

    /// <summary>The files of a model's package, as they lie in the workspace.</summary>
    private string AboutOf(ModelDefinition model) => Path.Join(Root, ".mlops", "out", model.Name, PackageAction.Name);

    private static DiagnosticException NotTrained(ModelDefinition model) =>
        new(new Diagnostic("MLO2062", $"model '{model.Name}' is not trained here") { Where = model.File, Mend = "./build.sh Train" });

    private static Digest? ModelDigest(LockFile current, ModelDefinition model) => Output(current, model, TrainAction.Name, TrainAction.Model);

    private static Digest? Output(LockFile current, ModelDefinition model, string action, string output) =>
        current.Find(new($"models/{model.Name}", action)) is { } trace && trace.Outputs.TryGetValue(output, out var digest) ? digest : null;

    private SmokeTest Smoke(IReadOnlyList<ServedModel> served, IEnumerable<ModelDefinition> tested)
    {
        var examples = tested.SelectMany(model => (model.Manifest.Serve?.Examples ?? [])
            .SelectMany(example => Expectations(example.Expect).Select(expected => new SmokeExample(model.Name, Row(example), expected))));
        return new(served, [.. examples], [.. tested.Select(HeldOut).OfType<HeldOutRows>()]);
    }

    private static IEnumerable<Delivery.Expectation?> Expectations(Manifests.Expectation? declared)
    {
        if (declared is null or { Min: null, Max: null, Label: null })
        {
            yield return null;
            yield break;
        }

        if (declared is { Min: not null } or { Max: not null })
        {
            yield return new Delivery.Expectation.Range(declared.Min, declared.Max);
        }

        if (declared.Label is { } label)
        {
            yield return new Delivery.Expectation.Label(label);
        }
    }

    private HeldOutRows? HeldOut(ModelDefinition model)
    {
        var current = CurrentLock;
        if (Output(current, model, PrepareAction.Name, PrepareAction.Test) is not { } rows || _engine.Store.TryRead(rows) is not { } table
            || ModelDigest(current, model) is not { } onnx || _engine.Store.TryRead(onnx) is not { } bytes)
        {
            return null;
        }

        var test = FrameFile.FromBytes(table);
        var some = test.Select([.. Enumerable.Range(0, Math.Min(HeldOutRowCount, test.RowCount))]);
        var scorer = new Scorer(OnnxModel.Read(bytes));
        return new(model.Name, some, scorer.Predict(some)) { Columns = [.. Request(model, scorer.Signature).Inputs.Select(input => input.Name)] };
    }

    /// <summary>What callers of a model send.</summary>
    private Signature Request(ModelDefinition model, Signature signature) => CodeOf(model, signature) is { } code ? InputFunctions.RequestOf(signature, code.Columns) : signature;

    private static string Row(ServeExample example)
    {
        var row = new JsonObject(example.Input.Select(cell => KeyValuePair.Create(cell.Key, (JsonNode?)JsonNode.Parse(cell.Value.GetRawText()))));
        return row.ToJsonString(Readable);
    }

    /// <summary>The row that the curl line sends: the first declared example, else the first test row.</summary>
    private string CurlBody(ModelDefinition model)
    {
        if (model.Manifest.Serve is { Examples: [var first, ..] })
        {
            return Row(first);
        }

        var row = HeldOut(model) is { } rows ? rows.Columns.Where(name => !rows.Rows[name].IsMissing(0))
            .Select(name => KeyValuePair.Create(name, rows.Rows[name] is NumberColumn numbers ? (JsonNode?)numbers.Values[0] : rows.Rows[name].Text(0))) : [];
        return new JsonObject(row).ToJsonString(Readable);
    }
}
