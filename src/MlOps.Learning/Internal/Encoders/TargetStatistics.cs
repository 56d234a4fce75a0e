using MlOps.Data;
using MlOps.Learning.Internal.Trees;
using MlOps.Scoring;

namespace MlOps.Learning.Internal.Encoders;

/// <summary>Categories as the mean label of their rows, drawn towards the mean of all (Micci-Barreca 2001,
/// <see href="https://doi.org/10.1145/507533.507538"/>): <c>(sum + 10 × mean of all) / (rows + 10)</c>.</summary>
/// <remarks>Scoring takes the mean over all training rows; missing is a category like any other, and one never seen has the mean of all. A training row takes it over the rows
/// of other folds, or its label would stand among the features. The mean of all stays that of all rows: one per fold would tell folds apart by their labels.</remarks>
internal static class TargetStatistics
{
    private const int Count = 5;

    /// <summary>Per row its fold: by the key that the split keeps together, where there is one, else by its content, equal rows apart as the lot falls.</summary>
    /// <remarks>Equal rows must not stay together: where few columns have few values, a fold would then hold all rows of a category and a label, and the others tell the opposite.</remarks>
    public static int[] Folds(Frame rows, LearningSpec spec)
    {
        if (spec.Folds is { By: SplitBy.Group, Column: { } group } && rows.TryGet(group, out var key))
        {
            return Array.ConvertAll(RowHash.Of(new Frame([key])), Fold);
        }

        var hashes = RowHash.Of(rows.WithOnly(spec.Features.Select(feature => feature.Column).Append(spec.Label).Distinct(StringComparer.Ordinal)));
        var twins = new Dictionary<ulong, ulong>();
        return Array.ConvertAll(hashes, hash =>
        {
            var twin = twins.GetValueOrDefault(hash);
            twins[hash] = twin + 1;
            return Fold(RowHash.Mix(hash + twin));
        });

        static int Fold(ulong hash) => (int)(((UInt128)hash * Count) >> 64);
    }

    /// <summary>One encoder with the training rows' feature; of several classes one per class.</summary>
    public static IEnumerable<(OrdinalEncoder Encoder, float[] OutOfFold)> Fit(Column column, FitRows truth, int[] folds, bool standardised)
    {
        var rows = CategoryCounts.Of(column);
        var labels = truth.Labels;
        return labels.Signature.Task switch
        {
            ModelTask.Regression => [Fit(labels.Numbers)],
            ModelTask.Binary => [Fit(Indicator(1))],
            _ => Enumerable.Range(0, labels.Signature.Classes.Count).Select(k => Fit(Indicator(k))),
        };

        double[] Indicator(int k) => Array.ConvertAll(labels.Classes, label => label == k ? 1.0 : 0);

        (OrdinalEncoder Encoder, float[] OutOfFold) Fit(double[] label)
        {
            var (encoder, outOfFold) = Statistics(column.Name, rows, label, truth, folds);
            return standardised
                ? (CategoryFit.Standardised(encoder, outOfFold), CategoryFit.Standardised(new OrdinalEncoder("", [], outOfFold, 0, 0), outOfFold).Values)
                : (encoder, outOfFold);
        }
    }

    private static (OrdinalEncoder Encoder, float[] OutOfFold) Statistics(string name, CategoryCounts rows, double[] label, FitRows truth, int[] folds)
    {
        // The last slot is missing.
        var missing = rows.Texts.Length;
        var slots = Array.ConvertAll(rows.Codes, code => code < 0 ? missing : code);
        var prior = truth.Mean(label);
        var (sums, counts) = (new double[Count * (missing + 1)], new double[Count * (missing + 1)]);
        for (var row = 0; row < slots.Length; row++)
        {
            var part = (folds[row] * (missing + 1)) + slots[row];
            var weight = truth.Weights?[row] ?? 1;
            sums[part] += weight * (label[row] - prior);
            counts[part] += weight;
        }

        var outOfFold = new float[slots.Length];
        for (var row = 0; row < slots.Length; row++)
        {
            outOfFold[row] = Drawn(slots[row], folds[row]);
        }

        int[] written = [.. Enumerable.Range(0, missing).Where(c => rows.Counts[c] > 0 && rows.Texts[c].Length > 0).OrderBy(c => rows.Texts[c], StringComparer.Ordinal)];
        return (new(name, [.. written.Select(c => rows.Texts[c])], [.. written.Select(c => Drawn(c, -1))], Drawn(missing, -1), (float)prior), outOfFold);

        // Without the rows of a fold: summed anew over the others, for a difference would hold the last bits of what was left out.
        float Drawn(int slot, int without)
        {
            double sum = 0, n = 0;
            for (var fold = 0; fold < Count; fold++)
            {
                var part = (fold * (missing + 1)) + slot;
                (sum, n) = fold == without ? (sum, n) : (sum + sums[part], n + counts[part]);
            }

            return (float)(prior + (sum / (n + CategoryFit.PriorRows)));
        }
    }
}
