using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Learning;
using MlOps.Pipelines.Manifests;

namespace MlOps.Pipelines.Definitions;

/// <summary>What can be wrong with how a model is tuned, before any trial.</summary>
internal sealed class TuneCheck(ModelDefinition model, TuneManifest tune, List<Diagnostic> found)
{
    private readonly TrainerOptions _trainer = model.Manifest.Trainer;
    private readonly TrainerMembers _members = new(model.Json);

    public void All()
    {
        if (_trainer.Source is not null)
        {
            found.Add(new("MLO2211", $"trainer '{_trainer.Name}' has nothing to tune") { Where = model.At("tune"), Why = "the program that writes the file does the learning", Mend = "remove \"tune\", and search in that program" });
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

        var metrics = Metrics.Names(model.Manifest.Task);
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
            found.Add(NoPoint("the search has no points", model.At("tune", "search"), "it names no option", "name at least one option of the trainer with what it is drawn from"));
        }

        var members = _members.Of(_trainer);
        foreach (var (option, range) in tune.Search)
        {
            if (members.TryGetValue(option, out var type))
            {
                Range(option, range, type);
            }
            else
            {
                Unknown(option, members.Keys);
            }
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

    private void Unknown(string option, IEnumerable<string> options)
    {
        var others = new TrainerOptions[] { new BoostedTreesOptions(), new LinearOptions() }.Where(other => other.Name != _trainer.Name && _members.Of(other).ContainsKey(option)).Select(other => other.Name).ToList();
        found.Add(new("MLO2210", $"trainer '{_trainer.Name}' has no option '{option}' to search")
        {
            Where = model.At("tune", "search", option),
            Why = others.Count > 0 ? $"it is an option of trainer '{others[0]}'" : $"options with a single value are {string.Join(", ", options)}",
            Mend = others.Count == 0 && Diagnostic.Nearest(option, options) is { } nearest ? $"did you mean '{nearest}'?" : $"remove '{option}', or choose another trainer",
        });
    }

    private void Range(string option, SearchRange range, Type type)
    {
        var where = model.At("tune", "search", option);
        if (range.By == SearchBy.Choice)
        {
            if (range.Values.Count == 0)
            {
                found.Add(NoPoint($"option '{option}' is searched in a space with no points", where, "its 'choice' is empty", "name the values to choose from, or remove the option"));
            }
        }
        else if (!TrainerMembers.IsNumber(type))
        {
            found.Add(Wrong(option, where, "it is no number, so that nothing lies between two values", "name its values: { \"choice\": […] }"));
            return;
        }
        else if (range.Values[0].GetDouble() > range.Values[1].GetDouble())
        {
            found.Add(NoPoint($"option '{option}' is searched in a space with no points", where, $"it goes from {range.Values[0]} to {range.Values[1]}", "put the smaller end first"));
        }
        else if (range.By == SearchBy.Log && range.Values[0].GetDouble() <= 0)
        {
            found.Add(new("MLO2213", $"option '{option}' cannot be drawn by ratio from {range.Values[0]}") { Where = where, Why = "equal ratios never reach 0", Mend = "start above 0, or use 'uniform'" });
            return;
        }

        foreach (var value in range.Values)
        {
            Allowed(option, value, where);
        }
    }

    /// <summary>The declared trainer must take every end and every choice.</summary>
    private void Allowed(string option, JsonElement value, string where)
    {
        try
        {
            var wrong = _members.With(_trainer, new() { [option] = JsonNode.Parse(value.GetRawText()) }).Validate();
            found.AddRange(wrong.Where(diagnostic => diagnostic.What.StartsWith($"option '{option}' ", StringComparison.Ordinal)).Select(diagnostic => diagnostic with
            {
                Where = where,
                Mend = "search within the allowed range",
            }));
        }
        catch (JsonException)
        {
            found.Add(Wrong(option, where, $"{value.GetRawText()} is no value of it", "see the trainer's options in the schema; a whole number has no point"));
        }
    }

    private static Diagnostic Wrong(string option, string where, string why, string mend) => new("MLO2218", $"option '{option}' cannot be searched like this") { Where = where, Why = why, Mend = mend };

    private static Diagnostic NoPoint(string what, string where, string why, string mend) => new("MLO2212", what) { Where = where, Why = why, Mend = mend };
}
