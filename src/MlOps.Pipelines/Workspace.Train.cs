using System.Text;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Datasets;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Packages;
using MlOps.Pipelines.Reports;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>The key under which a remembered answer of <c>Train</c> without options stands.</summary>
    public const string TrainKey = "Train";

    /// <summary>The words of the targets that make packages and images, under which their answers stand.</summary>
    public const string PackageKey = "Package", ImageKey = "Image", BothKey = "Package Image";

    /// <summary>What the build just done would say if nothing was to be done; null where that is not to be remembered.</summary>
    private string? _upToDate;

    /// <summary>Brings every step up to date and writes the lock if its bytes change.</summary>
    public async Task<Outcome> TrainAsync(CancellationToken cancellationToken)
    {
        await SettleDataAsync(new(FetchesNew: true), cancellationToken);
        var remember = AnswersForAll;
        await using var remotes = OpenRemotes(_reporter.Warn);
        BuildResult result;
        try
        {
            await LookUpChampionsAsync(remotes, cancellationToken);
            result = await BuildAsync(_graph, Options() with { Mirror = remember ? _mirror : null, Remote = remotes, Approve = _saved is null ? null : Approve, AlreadyTried = _options.AlreadyTried }, cancellationToken);
        }
        catch (DiagnosticException stale) when (stale.Diagnostics is [{ Code: StalePlan }])
        {
            _reporter.Warn(stale.Diagnostics[0]);
            return new(ExitCode.Refused, "");
        }

        Note(result);
        if (_options.Set.Count == 0)
        {
            _data.Pinned(_datasets, result, remember ? _mirror : null);
            _knownCode.Keep();
        }

        var failedGates = result.Succeeded ? Judged(result.Lock, "fail") : [];
        var undecided = result.Succeeded ? Judged(result.Lock, "inconclusive") : [];
        foreach (var model in failedGates)
        {
            _reporter.Warn(new("MLO2040", $"model '{model.Name}' fails its gate")
            {
                Where = model.At("gate"),
                Why = string.Join("; ", result.Lock.Fact($"models/{model.Name}", "gate")!["reasons"]!.AsArray()),
                Mend = "improve the model, or change the thresholds and say why in the pull request",
            });
        }

        foreach (var model in undecided)
        {
            _reporter.Warn(new("MLO2041", $"the gate of model '{model.Name}' cannot decide")
            {
                Severity = Severity.Warning,
                Where = model.At("gate"),
                Why = string.Join("; ", result.Lock.Fact($"models/{model.Name}", "gate")!["reasons"]!.AsArray()),
                Mend = "test it on more rows; where a champion's bytes are missing, bring them: ./build.sh Pull",
            });
        }

        var doubts = Doubts(result).ToList();
        doubts.ForEach(_reporter.Warn);
        var exit = result.Cancelled ? ExitCode.Cancelled : !result.Succeeded ? ExitCode.Failed : failedGates.Count > 0 ? ExitCode.Refused : ExitCode.Done;
        var report = new BuildReport(result, Chosen);
        // A warning is given on every run.
        _upToDate = remember && exit == ExitCode.Done && undecided.Count + doubts.Count == 0 ? report.UpToDateText() : null;
        if (_upToDate is not null && !_makesImages && _mirror.Save(TrainKey, Encoding.UTF8.GetBytes(_upToDate + "\n")) is { } place && remotes.IsEmpty)
        {
            _engine.SaveImage(_graph, result, place, report.Tail());
        }

        return _options.Set.Count > 0 && result.Succeeded ? Tried(result, report, exit) : new(exit, report.Text(), report.Json());
    }

    /// <summary>Remembers what a target that trains has to say, as it will be said when nothing is to be done.</summary>
    /// <param name="key">The words that ask for it.</param>
    /// <param name="text">What follows the table of the build.</param>
    private void Remember(string key, string text)
    {
        if (_upToDate is not null)
        {
            _mirror.Observe(PackageShelf.FileName);
            _mirror.Observe(new SigningKeys(_definition.Manifest.Name).Current);
            foreach (var variable in SigningKeys.Variables)
            {
                _mirror.ObserveVariable(variable);
                if (variable == SigningKeys.FileVariable && Environment.GetEnvironmentVariable(variable) is { Length: > 0 } file)
                {
                    _mirror.Observe(Path.GetFullPath(file));
                }
            }

            _mirror.Save(key, Encoding.UTF8.GetBytes($"{_upToDate}\n\n{text}\n"));
        }
    }

    /// <summary>What is odd about the releases that gates look at, whatever the verdict.</summary>
    private IEnumerable<Diagnostic> Doubts(BuildResult result)
    {
        foreach (var model in Chosen)
        {
            foreach (var undeclared in _champions.Undeclared(model.Name, _definition.Manifest.Environments.Keys))
            {
                yield return undeclared;
            }

            if (result.Succeeded && (int?)result.Lock.Fact($"models/{model.Name}", "gate")?["champion"]?[GateAction.LearntFromTests] is { } rows)
            {
                yield return new("MLO2231", $"the champion of model '{model.Name}' learnt from {rows} of the test rows")
                {
                    Severity = Severity.Warning,
                    Where = model.At("gate", "champion"),
                    Why = "they were training rows when it was trained: it looks better than it is",
                    Mend = "read the comparison with that in mind; it ends when a model of the new split is released",
                };
            }
        }
    }

    private List<ModelDefinition> Judged(LockFile locked, string verdict) =>
        [.. Chosen.Where(model => (string?)locked.Fact($"models/{model.Name}", "gate")?["verdict"] == verdict)];

    /// <summary>Builds, tells what the steps had to say, and remembers how long they took.</summary>
    private async Task<BuildResult> BuildAsync(StepGraph graph, BuildOptions options, CancellationToken cancellationToken)
    {
        var ended = new List<StepOutcome>();
        var result = await _engine.BuildAsync(graph, options with { Progress = Progress(ended) }, cancellationToken);
        Tell(result);
        Remember(ended);
        return result;
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

    /// <param name="ended">Gets the pending steps as they end.</param>
    private Action<BuildEvent> Progress(List<StepOutcome> ended)
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
                case BuildEvent.Started begun:
                    if (PlanReport.Expected(begun.Plan, NewForecast(), _options.Jobs) is { Length: > 0 } expected)
                    {
                        _reporter.Note($"{begun.Pending} {(begun.Pending == 1 ? "step" : "steps")} pending{expected}");
                    }

                    break;
                case BuildEvent.StepStarted started:
                    running[started.Step.Name.Value] = "";
                    break;
                case BuildEvent.StepProgress progress:
                    running[progress.Step.Name.Value] = progress.Text;
                    break;
                case BuildEvent.SubstepFinished { Outcome: var part }:
                    running.Remove(part.Step.Name.Value);
                    if (part.Status == StepStatus.Ran)
                    {
                        ended.Add(part);
                        _reporter.Finished($"{soFar}{part.Step.Name} {TrialReport.Words(part.Result!, (string)part.Step.Parameters["metric"]!)}");
                    }

                    break;
                case BuildEvent.StepFinished finished:
                    ended.Add(finished.Outcome);
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

    /// <summary>Brings the datasets' files and the lock together, as far as the steps asked for read them.</summary>
    private Task SettleDataAsync(SettleOptions options, CancellationToken cancellationToken, IReadOnlyCollection<StepName>? targets = null) =>
        _data.SettleAsync(DatasetsOf(targets ?? Options().Targets), () => CurrentLock, () => OpenRemotes(_reporter.Warn), options, cancellationToken);

    /// <summary>The datasets in the workspace that some steps read, themselves or through others; null means all.</summary>
    private List<Dataset> DatasetsOf(IReadOnlyCollection<StepName>? targets)
    {
        if (targets is null)
        {
            return [.. _datasets.Values];
        }

        var reached = new HashSet<StepName>(targets);
        var files = new List<WorkspacePath>();
        foreach (var step in _graph.Steps.Reverse().Where(step => reached.Contains(step.Name)))
        {
            reached.UnionWith(step.Inputs.Values.OfType<OutputInput>().Select(input => input.Step));
            files.AddRange(step.Inputs.Values.OfType<FileInput>().Select(input => input.Path));
        }

        return [.. _datasets.Values.Where(dataset => reached.Contains(dataset.Step) || files.Any(dataset.Path.Overlaps))];
    }

    private LockFile CurrentLock => LockFile.Read(_engine.LockPath);
}
