using System.Text;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Reports;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>The key under which a remembered answer of <c>Train</c> without options stands.</summary>
    public const string TrainKey = "Train";

    /// <summary>Brings every step up to date and writes the lock if its bytes change.</summary>
    public async Task<Outcome> TrainAsync(CancellationToken cancellationToken)
    {
        RestoreData();
        var remember = _options is { Models.Count: 0, ForceAll: false, ForceStep: null, Rehash: false };
        await using var remotes = OpenRemotes(_reporter.Warn);
        var result = await _engine.BuildAsync(_graph, Options() with { Progress = Progress(), Mirror = remember ? _mirror : null, Remote = remotes, AlreadyFailed = _options.AlreadyFailed }, cancellationToken);
        Tell(result);
        var failedGates = result.Succeeded ? Chosen.Where(model => (string?)result.Lock.Fact($"models/{model.Name}", "gate")?["verdict"] == "fail").ToList() : [];
        foreach (var model in failedGates)
        {
            _reporter.Warn(new("MLO2040", $"model '{model.Name}' fails its gate")
            {
                Where = model.At("gate"),
                Why = string.Join("; ", result.Lock.Fact($"models/{model.Name}", "gate")!["reasons"]!.AsArray()),
                Mend = "improve the model, or change the thresholds and say why in the pull request",
            });
        }

        var exit = result.Cancelled ? ExitCode.Cancelled : !result.Succeeded ? ExitCode.Failed : failedGates.Count > 0 ? ExitCode.Refused : ExitCode.Done;
        var report = new BuildReport(result, Chosen);
        if (remember && exit == ExitCode.Done && _mirror.Save(TrainKey, Encoding.UTF8.GetBytes(report.UpToDateText() + "\n")) is { } place && remotes.IsEmpty)
        {
            _engine.SaveImage(_graph, result, place, report.Tail());
        }

        return new(exit, report.Text(), report.Json());
    }

    /// <summary>Pins datasets: runs their import steps only.</summary>
    /// <param name="dataset">Only this one; null for all.</param>
    /// <param name="dryRun">Only says what would be done.</param>
    public async Task<Outcome> ImportAsync(string? dataset, bool dryRun, CancellationToken cancellationToken)
    {
        if (dataset is not null && !_definition.Manifest.Data.ContainsKey(dataset))
        {
            throw Unknown("MLO2032", $"there is no dataset '{dataset}'", dataset, _definition.Manifest.Data.Keys);
        }

        RestoreData();
        var targets = _definition.Manifest.Data.Keys.Where(name => dataset is null || name == dataset).Select(StepFactory.ImportOf).ToList();
        if (dryRun)
        {
            var plan = new PlanReport(await _engine.PlanAsync(_graph, Options(targets), cancellationToken));
            return new(ExitCode.Done, plan.Text(), plan.Json());
        }

        await using var remotes = OpenRemotes(_reporter.Warn);
        var result = await _engine.BuildAsync(_graph, Options(targets) with { Progress = Progress(), Remote = remotes }, cancellationToken);
        Tell(result);
        var report = new BuildReport(result, []);
        return new(result.Cancelled ? ExitCode.Cancelled : result.Succeeded ? ExitCode.Done : ExitCode.Failed, report.Text(), report.Json());
    }

    private void Tell(BuildResult result)
    {
        foreach (var step in result.Steps)
        {
            foreach (var diagnostic in step.Diagnostics)
            {
                // Learners know declarations, not files: a pointer alone is one into the step's own.
                var where = diagnostic.Where is null or ['#', ..] ? step.Step.Origin + diagnostic.Where : diagnostic.Where;
                _reporter.Warn(Placed(diagnostic with { Where = where }));
            }
        }
    }

    private Action<BuildEvent> Progress()
    {
        var running = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var soFar = "";
        return happened =>
        {
            switch (happened)
            {
                case BuildEvent.Waiting:
                    _reporter.Note("waiting for another build of this workspace");
                    break;
                case BuildEvent.StepStarted started:
                    running[started.Step.Name.Value] = "";
                    break;
                case BuildEvent.StepProgress progress:
                    running[progress.Step.Name.Value] = progress.Text;
                    break;
                case BuildEvent.StepFinished finished:
                    running.Remove(finished.Outcome.Step.Name.Value);
                    soFar = $"[{finished.Done}/{finished.Pending}] ";
                    if (finished.Pending <= 100)
                    {
                        _reporter.Finished($"{soFar}{finished.Outcome.Step.Name} {Reports.BuildTable.Word(finished.Outcome.Status)}");
                    }
                    else if (finished.Done * 10 / finished.Pending != (finished.Done - 1) * 10 / finished.Pending)
                    {
                        _reporter.Finished(soFar.TrimEnd());
                    }

                    break;
                default:
                    break;
            }

            _reporter.Live(soFar + string.Join(" · ", running.Select(step => $"{step.Key} {step.Value}".TrimEnd())));
        };
    }

    /// <summary>Brings back dataset files that git does not carry, where the store has the bytes that the lock names.</summary>
    private void RestoreData()
    {
        foreach (var (name, data) in _definition.Manifest.Data.Where(data => _graph.Find(StepFactory.ImportOf(data.Key))!.Inputs[ImportAction.Csv] is FileInput))
        {
            var path = Path.Combine(Root, data.Path);
            if (File.Exists(path) || !Digest.TryParse((string?)CurrentLock.Fact($"data/{name}", "sha256"), out var digest))
            {
                continue;
            }

            if (!_engine.Store.Contains(digest))
            {
                _reporter.Warn(new("MLO2033", $"dataset '{name}' is neither in the workspace nor in the store")
                {
                    Severity = Severity.Warning,
                    Where = data.Path,
                    Why = $"data.lock.json pins {CurrentLock.Fact($"data/{name}", "bytes")} bytes with sha256 {digest.Hex}",
                    Mend = $"copy the file with these bytes to {data.Path}",
                });
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (_engine.Store.CopyTo(digest, path))
            {
                _reporter.Note($"restored {data.Path} from the store");
            }
        }
    }

    private LockFile CurrentLock => LockFile.Read(_engine.LockPath);
}
