using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Reports;
using MlOps.Pipelines.Stores;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>Runs steps again in a folder and a store of their own, and compares what they give with the lock, byte by byte or within a model's tolerance; exit 3 if it differs.</summary>
    /// <param name="word">A step by name or key, which gets what it reads from the store; null runs all of them, one after the other's new outputs.</param>
    /// <param name="cancellationToken">Ends it; the folder goes away.</param>
    public async Task<Outcome> RebuildAsync(string? word, CancellationToken cancellationToken)
    {
        await SettleDataAsync(new(), cancellationToken);
        // By name: a planned step is its declaration with the toolchain found out.
        var chosen = word is null ? null : Named(word).Select(step => step.Name).ToHashSet();
        if (chosen is { Count: 0 })
        {
            throw NothingOf(word!, "MLO2031", "step, package or file", _graph.Steps.SelectMany(known => new[] { known.Name.Value, known.Address.Key }));
        }

        // What always runs has its result in the lock like any other step; what is frozen stays as the lock has it, unless it is named.
        var graph = StepGraph.Create(_graph.Steps.Select(step => step with { Always = false, Frozen = step.Frozen && chosen?.Contains(step.Name) != true }));
        var again = chosen ?? graph.Steps.Where(step => !step.Frozen).Select(step => step.Name).ToHashSet();
        var options = Options(chosen) with { ForceAll = false, Force = [] };
        var plan = UpToDatePlan(graph, options);
        var scratch = Path.Combine(Root, ".mlops", "rebuild", Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        // Numbers of processes come again, in containers after every start: what a killed one left is not this one's.
        Remove(scratch);
        try
        {
            var engine = NewEngine(scratch, _options, new(scratch, _datasets.Values.ToDictionary(dataset => dataset.Name, StringComparer.Ordinal), new(Path.Combine(scratch, ".mlops", "store"))), _champions, _compiled);
            await LookUpChampionsAsync(remote: null, cancellationToken);
            Furnish(plan, again, scratch, engine.Store);
            var result = await engine.BuildAsync(graph, options with { Force = [.. again], KeepGoing = true, Progress = Progress([]) }, cancellationToken);
            Tell(result);
            return result.Cancelled ? new(ExitCode.Cancelled, "") : !result.Succeeded ? new(ExitCode.Failed, "a step failed, though it gave a result before") : Compared(result, again, engine.Store);
        }
        finally
        {
            Remove(scratch);
        }

        static void Remove(string folder)
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <summary>A rebuild says something of the lock only if the lock is of these sources.</summary>
    private BuildPlan UpToDatePlan(StepGraph graph, BuildOptions options)
    {
        var plan = _engine.Plan(graph, options);
        return plan.Steps.FirstOrDefault(step => step.Action != PlannedAction.UpToDate) is not { } pending ? plan
            : throw new DiagnosticException(new Diagnostic("MLO2143", $"step '{pending.Step.Name}' is not up to date, so there is nothing to compare a rebuild with")
            {
                Where = pending.Step.Origin,
                Why = pending.Explanation,
                Mend = "./build.sh Train",
            });
    }

    /// <summary>Puts in place what the steps read: files of the workspace, and the lock with the results of the steps that do not run again.</summary>
    private void Furnish(BuildPlan plan, HashSet<StepName> again, string scratch, ContentStore store)
    {
        Copy(_engine.LockPath, Path.Combine(scratch, BuildEngine.LockName));
        foreach (var step in plan.Steps)
        {
            foreach (var path in _engine.FilesOf(step.Step))
            {
                Copy(path.In(Root), path.In(scratch));
            }

            if (!again.Contains(step.Step.Name))
            {
                foreach (var content in step.Result!.Contents.SelectMany(_engine.Store.ObjectsOf))
                {
                    if (!store.Contains(content) && _engine.Store.Check(content))
                    {
                        store.PutFile(_engine.Store.PathOf(content));
                    }
                }

                store.PutRecord(step.Fingerprint!.Value, step.Result);
            }
        }
    }

    private static void Copy(string from, string to)
    {
        if (Directory.Exists(from))
        {
            Directory.CreateDirectory(to);
            foreach (var entry in Directory.EnumerateFileSystemEntries(from))
            {
                Copy(entry, Path.Combine(to, Path.GetFileName(entry)));
            }
        }
        else if (!File.Exists(to))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(from, to);
        }
    }

    private Outcome Compared(BuildResult result, HashSet<StepName> again, ContentStore store)
    {
        var pinned = CurrentLock;
        var compared = new List<RebuiltStep>();
        var astray = new HashSet<StepName>();
        foreach (var outcome in result.Steps.Where(outcome => again.Contains(outcome.Step.Name)))
        {
            var comparable = !outcome.Step.Inputs.Values.OfType<OutputInput>().Any(input => astray.Contains(input.Step));
            var step = RebuiltStep.Of(outcome, pinned, _engine.Store, store, comparable);
            compared.Add(step);
            if (step.Differences.Count > 0 || !comparable)
            {
                astray.Add(step.Step.Name);
            }
        }

        var outside = compared.Where(step => step.Differences.Count > 0).ToDictionary(step => step.Step.Name, step => Outside(step, result, pinned));
        var report = new RebuildReport(compared, outside);
        return new(report.First is null ? ExitCode.Done : ExitCode.Refused, report.Text(), report.Json());
    }

    /// <summary>What of a step's differences no tolerance covers: where its model declares some, only its metrics count.</summary>
    private IReadOnlyList<string> Outside(RebuiltStep step, BuildResult result, LockFile pinned)
    {
        var owner = step.Step.Address.Owner;
        if (_definition.Models.FirstOrDefault(model => owner == $"models/{model.Name}")?.Manifest.Verify?.Tolerance is not { Count: > 0 } tolerance)
        {
            return step.Differences;
        }

        var now = result.Steps.Where(other => other.Step.Address.Owner == owner).Select(other => other.Result!.Facts["metrics"]).FirstOrDefault(metrics => metrics is not null);
        return !step.Step.FactNames.Contains("metrics") ? []
            : [.. tolerance.OrderBy(metric => metric.Key, StringComparer.Ordinal)
                .Select(metric => (metric.Key, metric.Value, Was: (double?)pinned.Fact(owner, "metrics")?[metric.Key], Is: (double?)now?[metric.Key]))
                .Where(metric => metric.Was is null || metric.Is is null || Math.Abs(metric.Is.Value - metric.Was.Value) > metric.Value)
                .Select(metric => string.Create(CultureInfo.InvariantCulture, $"{metric.Key} {metric.Was} → {metric.Is}, tolerance {metric.Value}"))];
    }
}
