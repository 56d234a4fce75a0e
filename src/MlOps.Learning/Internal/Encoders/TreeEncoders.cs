using MlOps.Data;
using MlOps.Learning.Internal.Trees;
using MlOps.Scoring;

namespace MlOps.Learning.Internal.Encoders;

/// <summary>Encoders for trees: only the order of values matters, and missing stays missing.</summary>
internal static class TreeEncoders
{
    // As many as there are bins, so that each category can be told from its neighbours.
    private const int MostCategories = 254;
    private const int LeastCategoryRows = 10;
    private const double PriorRows = 10;
    private const int MostTerms = 500;

    public static Encoder? Fit(Column column, FeatureKind kind, FitRows truth, BoostedTreesOptions options) => kind switch
    {
        FeatureKind.Categorical => options.Categories == CategoryForm.Native ? Number(column, options.Bins) : Rank(column, truth),
        FeatureKind.Timestamp => new CalendarEncoder(column.Name, [CalendarPart.Day, CalendarPart.Hour, CalendarPart.Weekday, CalendarPart.Month],
            [float.NaN, float.NaN, float.NaN, float.NaN], [0, 0, 0, 0], [1, 1, 1, 1]),
        FeatureKind.Text => column is StringColumn texts ? Vocabulary.Fit(texts, MostTerms) : null,
        _ => new NumericEncoder(column.Name),
    };

    /// <summary>How many categories an encoder's features number, feature by feature; 0 for those with an order.</summary>
    public static IEnumerable<int> Categories(Encoder encoder) =>
        encoder is OrdinalEncoder { Missing: var missing } && !float.IsNaN(missing) ? [(int)missing + 1] : Enumerable.Repeat(0, encoder.Width);

    /// <summary>Categories by number, the most frequent first; behind them rare and unknown ones, which share one, and missing.</summary>
    private static OrdinalEncoder Number(Column column, int bins)
    {
        var rows = CategoryCounts.Of(column);
        var kept = rows.Frequent(LeastCategoryRows, Math.Max(bins - 2, 0));
        return new(column.Name, [.. kept.Select(c => rows.Texts[c])], [.. kept.Select((_, number) => (float)number)], kept.Length + 1, kept.Length);
    }

    /// <summary>Categories as ranks: by their rows' mean label, drawn towards the mean of all; for many classes by frequency. Rare ones share the
    /// unknown's rank.</summary>
    private static OrdinalEncoder Rank(Column column, FitRows truth)
    {
        var rows = CategoryCounts.Of(column);
        var kept = rows.Frequent(LeastCategoryRows, MostCategories);
        var unknown = rows.Texts.Length;
        var scores = truth.Labels.Signature.Task == ModelTask.Multiclass
            ? [.. rows.Counts.Select(c => -(double)c), 0]
            : MeanLabels(rows, kept, truth);
        int[] ranked = [.. kept.Append(unknown)
            .OrderBy(c => scores[c]).ThenBy(c => c == unknown ? 1 : 0).ThenBy(c => c == unknown ? "" : rows.Texts[c], StringComparer.Ordinal)];
        var rank = new Dictionary<int, float>();
        for (var i = 0; i < ranked.Length; i++)
        {
            rank[ranked[i]] = i;
        }

        int[] written = [.. kept.OrderBy(c => rows.Texts[c], StringComparer.Ordinal)];
        return new(column.Name, [.. written.Select(c => rows.Texts[c])], [.. written.Select(c => rank[c])], float.NaN, rank[unknown]);
    }

    private static double[] MeanLabels(CategoryCounts rows, int[] kept, FitRows truth)
    {
        var label = truth.Labels.Numbers.Length > 0 ? truth.Labels.Numbers : Array.ConvertAll(truth.Labels.Classes, c => (double)c);
        var slot = Enumerable.Repeat(rows.Texts.Length, rows.Texts.Length).ToArray();
        foreach (var c in kept)
        {
            slot[c] = c;
        }

        var sums = new double[rows.Texts.Length + 1];
        var counts = new double[rows.Texts.Length + 1];
        for (var row = 0; row < rows.Codes.Length; row++)
        {
            if (rows.Codes[row] >= 0)
            {
                var weight = truth.Weights?[row] ?? 1;
                sums[slot[rows.Codes[row]]] += weight * label[row];
                counts[slot[rows.Codes[row]]] += weight;
            }
        }

        var mean = truth.Mean(label);
        return [.. sums.Select((sum, c) => (sum + (PriorRows * mean)) / (counts[c] + PriorRows))];
    }
}
