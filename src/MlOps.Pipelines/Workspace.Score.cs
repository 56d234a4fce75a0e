using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.ModelCode;
using MlOps.Pipelines.Reports;
using MlOps.Pipelines.Scores;
using MlOps.Scoring;
using MlOps.Scoring.Computed;
using Diagnostic = MlOps.Content.Diagnostic;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>Files from here on tell every tenth where no live line does.</summary>
    private const long LongFile = 64 << 20;

    /// <summary>Predicts every row of a CSV file with the chosen model as the lock names it, part by part, and writes the predictions in the same order.</summary>
    /// <param name="request">Which file, and where the predictions go.</param>
    /// <param name="dryRun">Only says what would be done.</param>
    /// <param name="cancellationToken">Ends it; the output is as it was.</param>
    public async Task<Outcome> ScoreAsync(ScoreRequest request, bool dryRun, CancellationToken cancellationToken)
    {
        if (Versions is { Count: > 0 } versions)
        {
            return await ScoreAsync(versions.Count == 1 ? await PackagedModelAsync(versions[0], cancellationToken) : throw Which(versions.Select(name => name.ToString())), request, dryRun, cancellationToken);
        }

        var chosen = Chosen.ToList();
        var model = chosen.Count == 1 ? chosen[0] : throw Which(chosen.Select(model => model.Name));
        var trained = await TrainedAsync(model, cancellationToken);
        return await ScoreAsync(
            new(model.Name, model.File, trained) { Code = CodeOf(model, trained.Signature), Compiled = _compiled.GetValueOrDefault(model.Name), Columns = CurrentLock.Fact($"data/{model.Manifest.Data}", "columns") as JsonObject },
            request,
            dryRun,
            cancellationToken);
    }

    private static DiagnosticException Which(IEnumerable<string> names) => new(new Diagnostic("MLO2180", "which model is to score?")
    {
        Why = names.Any() ? $"there are {string.Join(", ", names)}" : "there is none",
        Mend = "say which: --model NAME",
    });

    private async Task<Outcome> ScoreAsync(ScoringModel model, ScoreRequest request, bool dryRun, CancellationToken cancellationToken)
    {
        var file = CheckPaths(request);
        var trained = model.Trained;
        CheckKept(request, trained.Signature);
        if (dryRun)
        {
            return new(ExitCode.Done, $"would score {request.Data} with {model.Name} into {request.Out}", new JsonObject { ["model"] = model.Name, ["rows"] = null });
        }

        using var data = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        ScoreReport? report = null;
        void Write(Stream output) => report = Score(model, data, output, request, cancellationToken);
        if (request.Out != "-")
        {
            // Beside other temporary files, so that a kill leaves nothing next to the output and Gc finds the rest.
            ScoreTarget.Write(request.Out, Write, Path.Join(Root, ".mlops", "store", "tmp"));
            return new(ExitCode.Done, report!.Text(), report.Json());
        }

        using var console = Console.OpenStandardOutput();
        Write(console);
        _reporter.Note(report!.Text());
        return new(ExitCode.Done, "");
    }

    private ScoreReport Score(ScoringModel model, FileStream data, Stream output, ScoreRequest request, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var trained = model.Trained;
        var scorer = new Scorer(trained);
        var computed = model.Code is null ? null : new ComputedInputs(model.Compiled!, trained.Signature, model.Origin);
        var input = new ScoreInput(trained.Signature, model.Columns, request.Keep, model.Code?.Columns);
        using var text = new StreamWriter(output, new UTF8Encoding(false), bufferSize: 1 << 16, leaveOpen: true);
        var writer = new PredictionWriter(text, trained.Signature, request.Keep, request.Explain ? new Reasons(trained) : null);
        var told = 0L;
        writer.WriteHeader();
        foreach (var part in CsvReader.ReadParts(data, new() { Path = request.Data, Schema = input.Schema }, cancellationToken))
        {
            var inputs = input.Of(part);
            inputs = computed?.Of(inputs, cancellationToken) ?? inputs;
            writer.Write(part, scorer.Predict(inputs), inputs);
            _reporter.Live($"{data.Position * 100 / data.Length}% · {writer.Rows} rows");
            if (data.Length >= LongFile && data.Position * 10 / data.Length > told)
            {
                told = data.Position * 10 / data.Length;
                _reporter.Finished($"{told * 10}% · {writer.Rows} rows");
            }
        }

        return new(model.Name, trained.Signature, writer, clock.Elapsed);
    }

    /// <summary>The code that computes some of a trained model's inputs: only as it was when the model was trained; null if there is none.</summary>
    private DeployedCode? CodeOf(ModelDefinition model, Signature signature)
    {
        var wanted = signature.Inputs.Select(input => input.Code).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        var trained = CurrentLock.Find(new($"models/{model.Name}", PrepareAction.Name))?.Code;
        var code = _compiled.GetValueOrDefault(model.Name);
        var changed = wanted.Where(name => code?.Functions.GetValueOrDefault(name) is not { } function || trained?.GetValueOrDefault(name) != function.Digest).ToList();
        return changed.Count > 0
            ? throw Changed(model, $"function '{changed[0]}'")
            : wanted.Count > 0 ? Deployable(model, signature, code!) : null;
    }

    private static DiagnosticException Changed(ModelDefinition model, string what) => new(new Diagnostic("MLO2263", $"{what} is not what model '{model.Name}' was trained with")
    {
        Where = model.File,
        Why = "it changed since, so that the model would get other inputs than it has learnt from",
        Mend = "./build.sh Train",
    });

    private DeployedCode Deployable(ModelDefinition model, Signature signature, CompiledModel code)
    {
        var takes = CurrentLock.Fact($"models/{model.Name}", PrepareAction.Takes) as JsonObject;
        var folder = Path.GetDirectoryName(code.Assembly)!;
        return new(
            code.Assembly,
            Directory.GetFiles(folder).Where(file => Path.GetExtension(file) is ".dll" or ".pdb").ToDictionary(file => Path.GetFileName(file), file => Digest.Of(File.ReadAllBytes(file)), StringComparer.Ordinal),
            signature.Inputs.Select(input => input.Code).OfType<string>().Distinct(StringComparer.Ordinal).ToDictionary(name => name, name => code.Functions[name].Digest, StringComparer.Ordinal),
            signature.Inputs.SelectMany(input => input.From).Distinct(StringComparer.Ordinal).ToDictionary(name => name, name => Enum.Parse<ColumnType>((string?)takes?[name] ?? throw Changed(model, $"'{name}'"), ignoreCase: true), StringComparer.Ordinal));
    }

    /// <summary>The chosen model as the lock names it: from the store, or from a remote.</summary>
    private async Task<TrainedModel> TrainedAsync(ModelDefinition model, CancellationToken cancellationToken)
    {
        var digest = ModelDigest(CurrentLock, model) ?? throw NotTrained(model);
        if (!_engine.Store.Check(digest))
        {
            await using var remotes = OpenRemotes(_reporter.Warn);
            await remotes.FetchAsync([new(digest, IsTree: false)], cancellationToken);
        }

        return OnnxModel.Read(_engine.Store.TryRead(digest) ?? throw NotTrained(model));
    }

    /// <returns>The data file's absolute path.</returns>
    private static string CheckPaths(ScoreRequest request)
    {
        var file = Path.GetFullPath(request.Data);
        if (!File.Exists(file) || File.GetAttributes(file).HasFlag(FileAttributes.Device))
        {
            throw new DiagnosticException(new Diagnostic("MLO2182", $"'{request.Data}' is no file")
            {
                Why = File.Exists(file) ? "it can be read once only, as a pipe or a device" : Directory.Exists(file) ? "it is a folder" : "there is nothing of this name",
                Mend = "name a CSV file: --data FILE",
            });
        }

        if (request.Out != "-")
        {
            ScoreTarget.Check(request.Out, request.Data);
        }

        return file;
    }

    private static void CheckKept(ScoreRequest request, Signature signature)
    {
        var names = PredictionWriter.Columns(signature, request.Explain).ToHashSet(StringComparer.Ordinal);
        if (request.Keep.FirstOrDefault(name => !names.Add(name)) is { } twice)
        {
            throw new DiagnosticException(new Diagnostic("MLO2184", $"the output would have two columns '{twice}'")
            {
                Why = $"predictions fill {string.Join(", ", PredictionWriter.Columns(signature, request.Explain))}",
                Mend = $"leave '{twice}' out of --keep, or rename it in the data",
            });
        }
    }
}
