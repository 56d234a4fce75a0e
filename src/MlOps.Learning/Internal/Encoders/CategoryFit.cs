using MlOps.Data;
using MlOps.Learning.Internal.Trees;
using MlOps.Scoring;

namespace MlOps.Learning.Internal.Encoders;

/// <summary>Encoders of categories, but for target statistics.</summary>
internal static class CategoryFit
{
    /// <summary>So many rows of the mean label are added to each category's own.</summary>
    public const double PriorRows = 10;

    // As many as trees have bins, so that each category can be told from its neighbours.
    private const int MostRanks = 254;
    private const int LeastRankRows = 10;
    private const int MostOneHot = 1000;

    /// <returns>None where there is nothing to tell apart.</returns>
    public static IEnumerable<Encoder> Encoders(Column column, CategoricalFeature options, FitRows truth, bool linear) =>
        (options.Encode ?? (linear ? CategoryEncoding.OneHot : CategoryEncoding.Rank)) switch
        {
            CategoryEncoding.Hash => [new HashEncoder(column.Name, options.Buckets ?? CategoricalFeature.DefaultBuckets)],
            CategoryEncoding.OneHot => OneHot(column) is { } oneHot ? [oneHot] : [],
            _ => [linear ? Standardised(Ranks(column, truth), column) : Ranks(column, truth)],
        };

    /// <summary>An encoder whose values have the training features' mean at 0 and their standard deviation as unit; missing is the mean.</summary>
    public static OrdinalEncoder Standardised(OrdinalEncoder encoder, float[] training)
    {
        var (mean, scale) = NumberFit.Standard(training);
        return encoder with
        {
            Values = Array.ConvertAll(encoder.Values, Standard),
            Missing = float.IsNaN(encoder.Missing) ? 0 : Standard(encoder.Missing),
            Unknown = Standard(encoder.Unknown),
        };

        float Standard(float value) => (value - mean) * scale;
    }

    /// <summary>Categories by number, the most frequent first; behind them rare and unknown ones, which share one, and missing.</summary>
    public static OrdinalEncoder Numbers(Column column, int bins)
    {
        var rows = CategoryCounts.Of(column);
        var kept = rows.Frequent(LeastRankRows, Math.Max(bins - 2, 0));
        return new(column.Name, [.. kept.Select(c => rows.Texts[c])], [.. kept.Select((_, number) => (float)number)], kept.Length + 1, kept.Length);
    }

    private static OrdinalEncoder Standardised(OrdinalEncoder encoder, Column column) =>
        Standardised(encoder, FeatureEncoding.Encode([encoder], new Frame([column])).Dense[0]);

    private static OneHotEncoder? OneHot(Column column)
    {
        var rows = CategoryCounts.Of(column);
        IEnumerable<string> kept = rows.Frequent(1, MostOneHot).Select(c => rows.Texts[c]);
        string[] categories = [.. (rows.HasMissing ? kept.Prepend("") : kept).Order(StringComparer.Ordinal)];
        return categories.Length == 0 ? null : new(column.Name, categories);
    }

    /// <summary>Categories as ranks: by their rows' mean label, drawn towards the mean of all; for many classes by frequency. Rare ones share the
    /// unknown's rank.</summary>
    private static OrdinalEncoder Ranks(Column column, FitRows truth)
    {
        var rows = CategoryCounts.Of(column);
        var kept = rows.Frequent(LeastRankRows, MostRanks);
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
