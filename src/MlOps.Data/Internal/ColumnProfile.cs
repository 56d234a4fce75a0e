using System.Text.Json;

namespace MlOps.Data.Internal;

/// <summary>What a profile says of one column: a name and a value each, sorted when written.</summary>
internal sealed class ColumnProfile
{
    private const int TopCount = 10;
    private const int FewValues = 20;
    private const int LongestValue = 100;

    private static readonly (string Name, double Rank)[] Quantiles =
        [("0.01", 0.01), ("0.05", 0.05), ("0.25", 0.25), ("0.5", 0.5), ("0.75", 0.75), ("0.95", 0.95), ("0.99", 0.99)];

    private readonly SortedDictionary<string, Action<Utf8JsonWriter>> _facts = new(StringComparer.Ordinal);

    internal static ColumnProfile Of(Column column)
    {
        var profile = new ColumnProfile();
        profile.Text("type", column.Type.ToString().ToLowerInvariant());
        profile.Number("missing", column.MissingCount);
        switch (column)
        {
            case NumberColumn numbers: profile.Describe(numbers); break;
            case TimestampColumn times: profile.Describe(times); break;
            case BooleanColumn truths: profile.Describe(truths); break;
            case StringColumn strings: profile.Describe(strings); break;
            default: break;
        }

        return profile;
    }

    internal void Write(Utf8JsonWriter writer)
    {
        foreach (var (name, write) in _facts)
        {
            writer.WritePropertyName(name);
            write(writer);
        }
    }

    private void Describe(NumberColumn column)
    {
        // Adding zero makes -0 and 0 one value.
        double[] sorted = [.. column.Values.Where(value => !double.IsNaN(value)).Select(value => value + 0.0)];
        var (mean, deviation) = Moments(sorted);
        Array.Sort(sorted);
        var distinct = CountRuns(sorted);
        Number("distinct", distinct.Count);
        if (sorted.Length == 0)
        {
            return;
        }

        Number("min", sorted[0]);
        Number("max", sorted[^1]);
        Number("mean", mean);
        Number("std", deviation);
        _facts["quantiles"] = writer =>
        {
            writer.WriteStartObject();
            foreach (var (name, rank) in Quantiles)
            {
                writer.WriteNumber(name, Quantile(sorted, rank));
            }

            writer.WriteEndObject();
        };
        if (distinct.Count <= FewValues)
        {
            Top(distinct.Select(run => (CellText.Of(run.Value), run.Count)));
        }
    }

    private void Describe(TimestampColumn column)
    {
        long[] sorted = [.. column.Values.Where(value => value != TimestampColumn.Missing).Order()];
        Number("distinct", CountRuns(sorted).Count);
        if (sorted.Length > 0)
        {
            Text("earliest", CellText.OfTimestamp(sorted[0]));
            Text("latest", CellText.OfTimestamp(sorted[^1]));
        }
    }

    private void Describe(BooleanColumn column)
    {
        (string Text, int Count)[] values = [("false", column.Values.Count(value => value == 0)), ("true", column.Values.Count(value => value == 1))];
        var present = Array.FindAll(values, value => value.Count > 0);
        Number("distinct", present.Length);
        Top(present);
    }

    private void Describe(StringColumn column)
    {
        var counts = new int[column.Dictionary.Length];
        foreach (var code in column.Codes)
        {
            if (code >= 0)
            {
                counts[code]++;
            }
        }

        var present = column.Dictionary.Zip(counts).Where(value => value.Second > 0).ToArray();
        Number("distinct", present.Length);
        if (present.Length > 0 && Array.Exists(present, value => value.Second > 1))
        {
            Top(present);
        }
    }

    private void Top(IEnumerable<(string Text, int Count)> values)
    {
        (string Text, int Count)[] top = [.. values.OrderByDescending(value => value.Count).ThenBy(value => value.Text, StringComparer.Ordinal).Take(TopCount)];
        _facts["top"] = writer =>
        {
            writer.WriteStartArray();
            foreach (var (text, count) in top)
            {
                writer.WriteStartObject();
                writer.WriteNumber("count", count);
                writer.WriteString("value", text.Length > LongestValue ? string.Concat(text.AsSpan(0, LongestValue - 1), "…") : text);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        };
    }

    private void Number(string name, double value)
    {
        if (double.IsFinite(value))
        {
            _facts[name] = writer => writer.WriteNumberValue(value);
        }
    }

    private void Text(string name, string value) => _facts[name] = writer => writer.WriteStringValue(value);

    /// <summary>Mean and deviation by sums in row order: the order fixes the bits.</summary>
    private static (double Mean, double Deviation) Moments(double[] values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value;
        }

        var mean = sum / values.Length;
        var squares = 0.0;
        foreach (var value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        return (mean, Math.Sqrt(squares / values.Length));
    }

    private static double Quantile(double[] sorted, double rank)
    {
        var position = rank * (sorted.Length - 1);
        var below = (int)position;
        var above = Math.Min(below + 1, sorted.Length - 1);
        var share = position - below;
        return (sorted[below] * (1 - share)) + (sorted[above] * share);
    }

    private static List<(T Value, int Count)> CountRuns<T>(T[] sorted)
        where T : IEquatable<T>
    {
        var runs = new List<(T Value, int Count)>();
        foreach (var value in sorted)
        {
            if (runs.Count > 0 && runs[^1].Value.Equals(value))
            {
                runs[^1] = (value, runs[^1].Count + 1);
            }
            else
            {
                runs.Add((value, 1));
            }
        }

        return runs;
    }
}
