using MlOps.Data;
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

    public static Encoder? Fit(Column column, FeatureKind kind, Labels labels) => kind switch
    {
        FeatureKind.Categorical => FitCategories(column, labels),
        FeatureKind.Timestamp => new CalendarEncoder(column.Name, [CalendarPart.Day, CalendarPart.Hour, CalendarPart.Weekday, CalendarPart.Month],
            [float.NaN, float.NaN, float.NaN, float.NaN], [0, 0, 0, 0], [1, 1, 1, 1]),
        FeatureKind.Text => column is StringColumn texts ? Vocabulary.Fit(texts, MostTerms) : null,
        _ => new NumericEncoder(column.Name),
    };

    /// <summary>Categories as ranks: by their rows' mean label, drawn towards the mean of all; for many classes by frequency. Rare ones share the
    /// unknown's rank.</summary>
    private static OrdinalEncoder FitCategories(Column column, Labels labels)
    {
        var rows = CategoryCounts.Of(column);
        var kept = rows.Frequent(LeastCategoryRows, MostCategories);
        var unknown = rows.Texts.Length;
        var scores = labels.Signature.Task == ModelTask.Multiclass
            ? [.. rows.Counts.Select(c => -(double)c), 0]
            : MeanLabels(rows, kept, labels);
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

    private static double[] MeanLabels(CategoryCounts rows, int[] kept, Labels labels)
    {
        var slot = Enumerable.Repeat(rows.Texts.Length, rows.Texts.Length).ToArray();
        foreach (var c in kept)
        {
            slot[c] = c;
        }

        var sums = new double[rows.Texts.Length + 1];
        var counts = new double[rows.Texts.Length + 1];
        double total = 0;
        for (var row = 0; row < rows.Codes.Length; row++)
        {
            var label = labels.Numbers.Length > 0 ? labels.Numbers[row] : labels.Classes[row];
            total += label;
            if (rows.Codes[row] >= 0)
            {
                sums[slot[rows.Codes[row]]] += label;
                counts[slot[rows.Codes[row]]]++;
            }
        }

        var mean = total / rows.Codes.Length;
        return [.. sums.Select((sum, c) => (sum + (PriorRows * mean)) / (counts[c] + PriorRows))];
    }
}
