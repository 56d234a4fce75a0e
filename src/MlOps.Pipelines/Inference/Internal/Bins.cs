using MlOps.Data;

namespace MlOps.Pipelines.Inference.Internal;

/// <summary>A column cut into groups of rows: one per category, or about equally many rows per range of numbers; missing is a group of its own.</summary>
/// <param name="Group">The group of each row, 0 to Count − 1.</param>
/// <param name="Values">The numbers, NaN where missing; null for categories.</param>
internal sealed record Bins(int[] Group, int Count, double[]? Values)
{
    private const int MostRanges = 64;
    private const int FewestRowsPerRange = 20;

    /// <summary>Null for text, which groups nothing.</summary>
    internal static Bins? Of(Column column, FeatureKind kind) => column switch
    {
        _ when kind == FeatureKind.Text => null,
        NumberColumn numbers => OfNumbers(numbers.Values),
        TimestampColumn times => OfNumbers(Array.ConvertAll(times.Values, time => time == TimestampColumn.Missing ? double.NaN : time)),
        BooleanColumn truths => new(Array.ConvertAll(truths.Values, value => value == BooleanColumn.Missing ? 2 : value), 3, null),
        StringColumn strings => new(Array.ConvertAll(strings.Codes, code => code + 1), strings.Dictionary.Length + 1, null),
        _ => null,
    };

    private static Bins OfNumbers(double[] values)
    {
        double[] sorted = [.. values.Where(value => !double.IsNaN(value)).Order()];
        var ranges = Math.Clamp(sorted.Length / FewestRowsPerRange, 1, MostRanges);
        var edges = new List<double>();
        for (var i = 1; i < ranges; i++)
        {
            var edge = sorted[(int)((long)i * sorted.Length / ranges)];
            if (edge > sorted[0] && (edges.Count == 0 || edge > edges[^1]))
            {
                edges.Add(edge);
            }
        }

        double[] starts = [.. edges];
        return new(Array.ConvertAll(values, value => double.IsNaN(value) ? starts.Length + 1 : Above(starts, value)), starts.Length + 2, values);
    }

    private static int Above(double[] starts, double value)
    {
        var found = Array.BinarySearch(starts, value);
        return found >= 0 ? found + 1 : ~found;
    }
}
