using System.Globalization;
using System.Text.Json;
using MlOps.Content;
using MlOps.Learning;
using MlOps.Pipelines.Manifests;

namespace MlOps.Pipelines.Definitions;

/// <summary>What can be wrong with how a model is tuned, before any trial.</summary>
internal sealed class TuneCheck(ModelDefinition model, TuneManifest tune, List<Diagnostic> found)
{
    public void All()
    {
        if (model.Manifest.Trainer.Source is not null)
        {
            found.Add(new("MLO2211", $"trainer '{model.Manifest.Trainer.Name}' has nothing to tune") { Where = model.At("tune"), Why = "the program that writes the file does the learning", Mend = "remove \"tune\", and search in that program" });
            return;
        }

        Between("trials", tune.Trials, 1, 10_000);
        Between("folds", tune.Folds, 2, 20);
        Between("seed", tune.Seed, 0, 1_000_000_000);
        if (tune.Halving is { } halving)
        {
            Between("factor", halving.Factor, 2, 10, "halving");
            Between("rungs", halving.Rungs, 2, 6, "halving");
        }

        var metrics = model.Evaluation.MetricNames(model.Manifest.Task);
        if (tune.Metric is { } metric && !metrics.Contains(metric))
        {
            found.Add(new("MLO2216", $"'{metric}' is no metric of task {JsonNamingPolicy.CamelCase.ConvertName(model.Manifest.Task.ToString())}")
            {
                Where = model.At("tune", "metric"),
                Why = $"its metrics are {string.Join(", ", metrics)}",
                Mend = Diagnostic.Nearest(metric, metrics) is { } nearest ? $"did you mean '{nearest}'?" : "choose one of them",
            });
        }

        if (tune.Search.Count == 0)
        {
            found.Add(SearchCheck.NoPoint("the search has no points", model.At("tune", "search"), "it names no option", "name at least one option of the trainer with what it is drawn from"));
        }

        // Options of the model's own trainers are known where its code is run.
        if (model.Manifest.Trainer is not CodeTrainer)
        {
            new SearchCheck(model.Manifest.Trainer, new(model.Json), option => model.At("tune", "search", option), found).All(tune.Search);
        }
    }

    private void Between(string member, int value, int min, int max, params string[] below)
    {
        if (value < min || value > max)
        {
            found.Add(new("MLO2214", string.Create(CultureInfo.InvariantCulture, $"'{member}' of 'tune' is {value}"))
            {
                Where = model.At(["tune", .. below, member]),
                Why = string.Create(CultureInfo.InvariantCulture, $"allowed is {min} to {max}"),
                Mend = "choose a number of that range, or remove it for the default",
            });
        }
    }
}
