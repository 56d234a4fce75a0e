using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Learning;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Experiments;
using MlOps.Pipelines.Reports;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    private ExperimentLog Log => new(_engine.Store);

    /// <summary>Lists every result that this machine's store has seen of the chosen models, best first.</summary>
    /// <param name="metric">What they are ordered by; null takes the task's first metric.</param>
    public Outcome Experiments(string? metric)
    {
        var pinned = CurrentLock;
        var texts = new List<string>();
        var json = new JsonObject();
        foreach (var model in Chosen)
        {
            var names = model.Evaluation.MetricNames(model.Manifest.Task);
            if (metric is not null && !names.Contains(metric) && Chosen.Count() == 1)
            {
                throw Unknown("MLO2170", $"model '{model.Name}' has no metric '{metric}'", metric, names);
            }

            var current = Experiment.Of(pinned, model.Name);
            var all = Log.Of(model.Name);
            var by = metric is not null && names.Contains(metric) ? metric : names[0];
            var report = new ExperimentReport(
                model.Name,
                current is null || all.Any(experiment => experiment.Identity == current.Identity) ? all : [.. all, current],
                current,
                by,
                model.Evaluation.HigherIsBetter(by) == true,
                content => _engine.Store.Contains(content));
            var trials = Trials(model, pinned);
            texts.Add(trials is null ? report.Text() : $"{report.Text()}\n\n{trials.Text()}");
            json[model.Name] = report.Json();
            if (trials is not null)
            {
                json[$"{model.Name}/{TuneAction.Name}"] = trials.Json();
            }
        }

        return new(ExitCode.Done, string.Join("\n\n", texts), json);
    }

    /// <summary>Puts results of one model side by side.</summary>
    /// <param name="words">The first digits of experiments, <c>lock</c>, or git revisions; two or more.</param>
    public async Task<Outcome> CompareAsync(IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        var sides = new List<(string Word, Experiment Experiment)>();
        foreach (var word in words)
        {
            sides.Add((word, await FindAsync(word, sides.FirstOrDefault().Experiment?.Model, cancellationToken)));
        }

        if (sides.Select(side => side.Experiment.Model).Distinct().Count() > 1)
        {
            throw new DiagnosticException(new Diagnostic("MLO2171", "results of different models cannot be compared")
            {
                Why = string.Join(", ", sides.Select(side => $"{side.Word} is of {side.Experiment.Model}")),
                Mend = "./build.sh Experiments lists the results of each model",
            });
        }

        var (text, json) = ExperimentReport.Compare(sides, (Chosen.FirstOrDefault(model => model.Name == sides[0].Experiment.Model)?.Evaluation ?? new()).HigherIsBetter);
        return new(ExitCode.Done, $"{sides[0].Experiment.Model}\n{text}", json);
    }

    /// <summary>What a trial says: the results, and how to hold them against the lock.</summary>
    private Outcome Tried(BuildResult result, BuildReport report, ExitCode exit)
    {
        var tried = Chosen.Select(model => Experiment.Of(result.Lock, model.Name)).OfType<Experiment>().ToList();
        var json = report.Json();
        json["experiments"] = new JsonObject(tried.Select(experiment => KeyValuePair.Create(experiment.Model, (JsonNode?)experiment.Name)));
        var compare = tried.Select(experiment => $"  ./build.sh Compare lock {experiment.Name} --model {experiment.Model}");
        var verdicts = string.Concat(tried.Where(experiment => experiment.Verdict is not null).Select(experiment => $"\nthe gate of {experiment.Model} says {experiment.Verdict}"));
        var searched = _trial.NotSearched.Count == 0 ? "" : $" ({string.Join(", ", _trial.NotSearched)} not searched)";
        return new(exit, $"{report.Text()}\n\ntried {string.Join(", ", _options.Set)}{searched}; the lock is as it was{verdicts}\n{string.Join('\n', compare)}", json);
    }

    private void Note(BuildResult result)
    {
        foreach (var model in result.Succeeded ? Chosen : [])
        {
            if (Experiment.Of(result.Lock, model.Name) is { } experiment)
            {
                Log.Note(experiment);
            }
        }
    }

    private async Task<Experiment> FindAsync(string word, string? like, CancellationToken cancellationToken)
    {
        var known = Chosen.SelectMany(model => Log.Of(model.Name)).ToList();
        var found = word.Length >= 4 ? known.Where(experiment => experiment.Identity.Hex.StartsWith(word, StringComparison.Ordinal)).ToList() : [];
        if (found.Count == 1)
        {
            return found[0];
        }

        if (found.Count > 1)
        {
            throw new DiagnosticException(new Diagnostic("MLO2172", $"'{word}' means more than one experiment")
            {
                Why = string.Join(", ", found.Select(experiment => experiment.Name)),
                Mend = "give more digits",
            });
        }

        var source = word == "lock" ? CurrentLock
            : await Git.ShowAsync(Root, word, BuildEngine.LockName, cancellationToken) is { } bytes ? LockFile.Parse(bytes, $"{word}:{BuildEngine.LockName}") : null;
        var model = like ?? (Chosen.Count() == 1 ? Chosen.Single().Name : null);
        if (source is not null && model is null)
        {
            throw new DiagnosticException(new Diagnostic("MLO2173", $"'{word}' has results of several models")
            {
                Why = string.Join(", ", Chosen.Select(chosen => chosen.Name)),
                Mend = "say which: --model NAME",
            });
        }

        return source is not null && Experiment.Of(source, model!) is { } locked ? locked
            : throw Unknown("MLO2174", $"there is no experiment '{word}'", word, known.Select(experiment => experiment.Name).Prepend("lock"));
    }
}
