using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Learning;
using MlOps.Pipelines.Manifests;

namespace MlOps.Pipelines.Definitions;

/// <summary>What can be wrong with the space that a trainer's options are searched in.</summary>
/// <param name="trainer">As declared.</param>
/// <param name="at">Where an option's range stands.</param>
internal sealed class SearchCheck(TrainerOptions trainer, TrainerMembers members, Func<string, string> at, List<Diagnostic> found)
{
    public void All(IReadOnlyDictionary<string, SearchRange> search)
    {
        var known = members.Of(trainer);
        foreach (var (option, range) in search)
        {
            if (known.TryGetValue(option, out var type))
            {
                Range(option, range, type);
            }
            else
            {
                Unknown(option, known.Keys);
            }
        }
    }

    private void Unknown(string option, IEnumerable<string> options)
    {
        var others = new TrainerOptions[] { new BoostedTreesOptions(), new LinearOptions() }.Where(other => other.Name != trainer.Name && members.Of(other).ContainsKey(option)).Select(other => other.Name).ToList();
        found.Add(new("MLO2210", $"trainer '{trainer.Name}' has no option '{option}' to search")
        {
            Where = at(option),
            Why = others.Count > 0 ? $"it is an option of trainer '{others[0]}'" : $"options with a single value are {string.Join(", ", options)}",
            Mend = others.Count == 0 && Diagnostic.Nearest(option, options) is { } nearest ? $"did you mean '{nearest}'?" : $"remove '{option}', or choose another trainer",
        });
    }

    private void Range(string option, SearchRange range, Type type)
    {
        var where = at(option);
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
            var wrong = members.With(trainer, new() { [option] = JsonNode.Parse(value.GetRawText()) }).Validate();
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

    public static Diagnostic NoPoint(string what, string where, string why, string mend) => new("MLO2212", what) { Where = where, Why = why, Mend = mend };
}
