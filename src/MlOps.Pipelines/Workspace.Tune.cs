using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Reports;
using MlOps.Pipelines.Runs;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    private const double DefaultMinutes = 10;

    /// <summary>Runs a model's trials in order until a budget is used up, writes the number of those that are done into its <c>model.json</c>, and builds with it.</summary>
    /// <remarks>The time decides only the number: builds, here and elsewhere, follow from what <c>model.json</c> says then.</remarks>
    public static async Task<Outcome> TuneAsync(TuneRequest request, WorkspaceOptions options, IReporter reporter, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        var minutes = TimeSpan.FromMinutes(request.Minutes ?? DefaultMinutes);
        var budget = request.Trials is { } most ? new TrialBudget(most, () => false)
            : new TrialBudget(10_000, () => TimeProvider.System.GetElapsedTime(started) > minutes);
        var workspace = Open(options with { Budget = budget }, reporter);
        var model = workspace.ToTune();
        var explored = await workspace.ExploreAsync(model, cancellationToken);
        if (explored.Result is not { } result)
        {
            return new(explored.Status == StepStatus.Failed ? ExitCode.Failed : ExitCode.Cancelled, explored.Status == StepStatus.Failed ? "" : "cancelled; the trials that ended are kept, and model.json is as it was");
        }

        var done = (int)result.Facts[ExploreAction.Trials]!;
        if (done != model.Manifest.Tune!.Trials)
        {
            var path = Path.Join(workspace.Root, model.File);
            AtomicFile.Write(path, TrialsEdit.With(await File.ReadAllBytesAsync(path, cancellationToken), done)!);
            reporter.Note(string.Create(CultureInfo.InvariantCulture, $"{model.File}: trials {model.Manifest.Tune.Trials} → {done}"));
        }

        workspace = Open(options, reporter);
        var trained = await workspace.TrainAsync(cancellationToken);
        if (workspace.Trials(model, workspace.CurrentLock) is not { } report)
        {
            return trained;
        }

        var json = trained.Json?.AsObject() ?? [];
        json["trials"] = report.Json();
        return trained with { Text = $"{report.Text()}\n\n{trained.Text}", Json = json };
    }

    /// <summary>The trials of a model as a lock has them; null if it is not tuned, or the store has not the table.</summary>
    private TrialReport? Trials(ModelDefinition model, LockFile source)
    {
        if (source.Find(new($"models/{model.Name}", TuneAction.Name)) is not { } trace || !trace.Outputs.TryGetValue(TuneAction.Trials, out var table) || _engine.Store.TryRead(table) is not { } bytes)
        {
            return null;
        }

        var runs = RunLog.Read(Root);
        return new(model.Name, JsonNode.Parse(bytes)!.AsObject(), step => runs.Of(step).LastOrDefault(run => run.Status == StepStatus.Ran)?.Seconds);
    }

    private ModelDefinition ToTune()
    {
        var tuned = _definition.Models.Where(model => model.Manifest.Tune is not null).Select(model => model.Name).ToList();
        var chosen = Chosen.Where(model => _options.Models.Count > 0 || model.Manifest.Tune is not null).ToList();
        return chosen is [{ Manifest.Tune: not null } one] ? one
            : chosen is [var other] ? throw new DiagnosticException(new Diagnostic("MLO2219", $"model '{other.Name}' declares nothing to tune")
            {
                Where = other.File,
                Why = tuned.Count == 0 ? "no model has \"tune\"" : $"models with \"tune\" are {string.Join(", ", tuned)}",
                Mend = "add for instance \"tune\": { \"search\": { \"learningRate\": { \"log\": [0.02, 0.3] } } }",
            })
            : throw new DiagnosticException(new Diagnostic("MLO2220", "Tune takes one model at a time")
            {
                Why = tuned.Count == 0 ? "no model has \"tune\"" : $"models with \"tune\" are {string.Join(", ", tuned)}",
                Mend = "say which: --model NAME",
            });
    }

    /// <summary>Runs the trials alone: lock and outputs stay as they are.</summary>
    private async Task<StepOutcome> ExploreAsync(ModelDefinition model, CancellationToken cancellationToken)
    {
        var tune = _graph.Find(StepFactory.Of(model.Name, TuneAction.Name))!;
        var explore = tune with
        {
            Action = ExploreAction.Name,
            Always = true,
            Outputs = [],
            FactNames = [ExploreAction.Trials],
            CheckedOut = tune.CheckedOut.Clear(),
        };
        await SettleDataAsync(new(FetchesNew: true), cancellationToken, [tune.Name]);
        await using var remotes = OpenRemotes(_reporter.Warn);
        var result = await BuildAsync(StepGraph.Create([.. Before(tune), explore]), new() { Jobs = _options.Jobs, IsTrial = true, Remote = remotes }, cancellationToken);
        return result.Steps.Single(step => step.Step.Name == tune.Name) is { Status: not StepStatus.Skipped } ended ? ended
            : result.Steps.FirstOrDefault(step => step.Status == StepStatus.Failed) ?? result.Steps[^1];
    }

    private Dictionary<StepName, Step>.ValueCollection Before(Step step)
    {
        var found = new Dictionary<StepName, Step>();
        var open = new Queue<Step>([step]);
        while (open.TryDequeue(out var next))
        {
            foreach (var input in next.Inputs.Values.OfType<OutputInput>().Select(input => _graph.Find(input.Step)!).Where(input => found.TryAdd(input.Name, input)))
            {
                open.Enqueue(input);
            }
        }

        return found.Values;
    }
}
