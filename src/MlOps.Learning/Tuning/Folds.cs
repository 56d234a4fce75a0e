using System.Globalization;
using MlOps.Content;
using MlOps.Data;
using MlOps.Learning.Internal;

namespace MlOps.Learning;

/// <summary>One division of training rows: those that a trial learns from, and those that it is measured on.</summary>
/// <param name="Learns">Row numbers, ascending.</param>
/// <param name="Tests">Row numbers, ascending; none of them is in <paramref name="Learns"/>.</param>
public sealed record Fold(int[] Learns, int[] Tests);

/// <summary>Divides training rows for cross-validation in the way in which the model's split divides all rows, by their content alone.</summary>
public static class Folds
{
    /// <summary>The folds.</summary>
    /// <param name="rows">The training rows.</param>
    /// <param name="by">By time, fold k learns from the first k of count + 1 parts of the rows and is measured on the next part, equal instants in one part; by group, a key is in one
    /// part only; else equal rows are in one part, and each class has its share in each.</param>
    /// <param name="key">The column of time, of the group's key or of classes; null where there are no classes.</param>
    /// <param name="count">How many, at least 2.</param>
    /// <exception cref="DiagnosticException">MLO6090: there are fewer rows, instants or groups than folds. MLO6022: the column has no times.</exception>
    public static IReadOnlyList<Fold> Of(Frame rows, SplitBy by, Column? key, int count)
    {
        var parts = by switch
        {
            SplitBy.Time => Ranked([.. Split.Times(key!).Select(time => new UInt128(Ordered(time), 0))], new int[rows.RowCount], count + 1),
            SplitBy.Group => Groups(RowHash.Of(new Frame([key!])), count),
            _ => Ranked(Keys(rows), key is null ? new int[rows.RowCount] : Categories.Of(key).Codes, count),
        };
        var isTime = by == SplitBy.Time;
        int[] tested = [.. Enumerable.Range(isTime ? 1 : 0, count)];
        var folds = Array.ConvertAll(tested, fold => new Fold(Where(part => isTime ? part < fold : part != fold), Where(part => part == fold)));
        return Array.TrueForAll(folds, fold => fold.Learns.Length > 0 && fold.Tests.Length > 0) ? folds : throw TooMany(rows, by, parts.Distinct().Count(), count);

        int[] Where(Predicate<int> holds) => [.. Enumerable.Range(0, parts.Length).Where(row => holds(parts[row]))];
    }

    private static UInt128[] Keys(Frame rows) => [.. RowHash.Of(rows).Select(hash => new UInt128(hash, 0))];

    /// <summary>The bits of a number in the order of the numbers.</summary>
    private static ulong Ordered(double number)
    {
        var bits = BitConverter.DoubleToUInt64Bits(number + 0.0);
        return (bits >> 63) == 0 ? bits | (1UL << 63) : ~bits;
    }

    /// <summary>Parts of about the same size within each class, in the order of the keys; equal keys are in one part.</summary>
    private static int[] Ranked(UInt128[] keys, int[] classes, int count)
    {
        var parts = new int[keys.Length];
        foreach (var members in Enumerable.Range(0, keys.Length).GroupBy(row => classes[row]))
        {
            int[] rows = [.. members.OrderBy(row => keys[row])];
            for (var i = 0; i < rows.Length; i++)
            {
                parts[rows[i]] = i > 0 && keys[rows[i]] == keys[rows[i - 1]] ? parts[rows[i - 1]] : (int)((long)i * count / rows.Length);
            }
        }

        return parts;
    }

    /// <summary>As many keys in each part, give or take one.</summary>
    private static int[] Groups(ulong[] keys, int count)
    {
        var ranks = keys.Distinct().Order().Select((key, rank) => (key, rank)).ToDictionary(ranked => ranked.key, ranked => ranked.rank);
        return Array.ConvertAll(keys, key => ranks[key] % count);
    }

    private static DiagnosticException TooMany(Frame rows, SplitBy by, int parts, int count) => new(new Diagnostic("MLO6090", string.Create(CultureInfo.InvariantCulture, $"the training rows do not make {count} folds"))
    {
        Where = "#/tune",
        Why = by switch
        {
            SplitBy.Group => string.Create(CultureInfo.InvariantCulture, $"they have {parts} groups, and each is in one fold only"),
            SplitBy.Time => string.Create(CultureInfo.InvariantCulture, $"{rows.RowCount} rows have too few different times for {count + 1} parts, one after the other"),
            _ => string.Create(CultureInfo.InvariantCulture, $"there are {rows.RowCount} rows, and equal rows are in one fold"),
        },
        Mend = "set \"folds\" of \"tune\" to a smaller number, or add rows",
    });
}
