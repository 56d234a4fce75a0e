using MlOps.Data;

namespace MlOps.Pipelines.Inference.Internal;

/// <summary>Columns that speak of afterwards: identifiers that were given out, names, and times later than another event.</summary>
internal static class Hindsight
{
    private const double NearlyAlways = 0.99;

    private static readonly HashSet<string> AfterWords = new(
        ["after", "outcome", "outcomes", "result", "results", "resolution", "resolved", "closed", "completed", "cancelled", "canceled", "refunded",
            "settled", "final", "actual", "post"],
        StringComparer.Ordinal);

    internal static IReadOnlyList<Leak> Find(Frame training, InferredModel model)
    {
        var leaks = new List<Leak>();
        foreach (var column in model.Dropped.Where(column => column.IsIdentifier))
        {
            leaks.Add(new("MLO2153", [column.Column], $"column '{column.Column}' is an identifier", column.Reason) { IsFeature = false });
        }

        foreach (var feature in model.Features)
        {
            if (Words.Of(feature.Column).FirstOrDefault(AfterWords.Contains) is { } word)
            {
                leaks.Add(new("MLO2154", [feature.Column], $"column '{feature.Column}' may exist only after the fact", $"its name says '{word}'"));
            }
        }

        return [.. leaks, .. Later(training, model)];
    }

    /// <summary>Times that come after another time of the same row: the row is first known at the earliest.</summary>
    private static IEnumerable<Leak> Later(Frame training, InferredModel model)
    {
        TimestampColumn[] times = [.. training.Columns.OfType<TimestampColumn>()];
        foreach (var feature in model.Features)
        {
            if (training[feature.Column] is TimestampColumn later
                && Array.Find(times, time => time != later && IsAfter(later.Values, time.Values)) is { } first)
            {
                yield return new("MLO2155", [feature.Column], $"column '{feature.Column}' may exist only after the fact",
                    $"its times come after those of '{first.Name}'");
            }
        }
    }

    private static bool IsAfter(long[] later, long[] first)
    {
        var (both, after, before) = (0, 0, 0);
        for (var i = 0; i < later.Length; i++)
        {
            if (later[i] != TimestampColumn.Missing && first[i] != TimestampColumn.Missing)
            {
                both++;
                after += later[i] > first[i] ? 1 : 0;
                before += later[i] < first[i] ? 1 : 0;
            }
        }

        return both > 0 && before <= (1 - NearlyAlways) * both && after > both / 2;
    }
}
