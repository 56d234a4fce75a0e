using System.Buffers;

namespace MlOps.Learning.Internal.Trees;

/// <summary>One feature's bins: value x is in the first bin b with <c>x ≤ Thresholds[b]</c>, else in the last; missing has a bin of its own
/// after it.</summary>
/// <param name="Thresholds">Ascending, one fewer than there are bins.</param>
/// <param name="HasMissing">Whether a training row lacks the feature.</param>
internal sealed record Binning(float[] Thresholds, bool HasMissing)
{
    /// <summary>Whether the bins are categories, which have no order.</summary>
    public bool OfCategories { get; private init; }

    /// <summary>Bins of present values, 1 to 255.</summary>
    public int Present => Thresholds.Length + 1;

    /// <summary>The bins, with missing's.</summary>
    public int Count => Present + (HasMissing ? 1 : 0);

    /// <summary>A bin for each of the numbers from 0 on.</summary>
    public static Binning Categories(int count) => new([.. Enumerable.Range(0, count - 1).Select(category => category + 0.5f)], false) { OfCategories = true };

    /// <summary>Bins of about equal numbers of rows; every value its own where there are few. Found in a sample of the rows that depends on their
    /// number only.</summary>
    public static Binning Of(float[] column, int most)
    {
        var buffer = ArrayPool<float>.Shared.Rent(Math.Min(column.Length, SampleRows));
        var sample = buffer.AsSpan(0, Sample(column, buffer));
        SortedFloats.Sort(sample);
        float[] thresholds = Distinct(sample) <= most ? Between(sample) : OfEqualRows(sample, most);
        ArrayPool<float>.Shared.Return(buffer);
        return new(thresholds, Array.Exists(column, float.IsNaN));
    }

    /// <summary>The bins of some values.</summary>
    public unsafe void Fill(ReadOnlySpan<float> values, Span<byte> bins)
    {
        // As many thresholds as halving eight times without a branch needs; nothing is above the last ones.
        var padded = stackalloc float[256];
        new Span<float>(padded, 256).Fill(float.PositiveInfinity);
        Thresholds.CopyTo(new Span<float>(padded, 256));
        var missing = (byte)Present;
        for (var i = 0; i < values.Length; i++)
        {
            var value = values[i];
            nint bin = 0;
            for (nint half = 128; half > 0; half >>= 1)
            {
                var below = padded[bin + half - 1] < value;
                bin += half & -(nint)(*(byte*)&below);
            }

            bins[i] = float.IsNaN(value) ? missing : (byte)bin;
        }
    }

    private const int SampleRows = 1 << 18;

    // One row of each stretch of equal length, at a place that a hash chooses, so that no period in the data is met in step.
    private static int Sample(float[] column, float[] sample)
    {
        var rows = Math.Min(column.Length, SampleRows);
        var count = 0;
        for (var i = 0; i < rows; i++)
        {
            long from = (long)i * column.Length / rows, to = (long)(i + 1) * column.Length / rows;
            var value = column[from + (((uint)i * 2654435769u) % (to - from))];
            if (!float.IsNaN(value))
            {
                sample[count++] = value;
            }
        }

        return count;
    }

    private static int Distinct(ReadOnlySpan<float> sorted)
    {
        var distinct = sorted.Length > 0 ? 1 : 0;
        for (var i = 1; i < sorted.Length; i++)
        {
            distinct += sorted[i] != sorted[i - 1] ? 1 : 0;
        }

        return distinct;
    }

    private static float[] Between(ReadOnlySpan<float> sorted)
    {
        var thresholds = new List<float>();
        for (var i = 1; i < sorted.Length; i++)
        {
            if (sorted[i] != sorted[i - 1])
            {
                thresholds.Add(Between(sorted[i - 1], sorted[i]));
            }
        }

        return [.. thresholds];
    }

    private static float[] OfEqualRows(ReadOnlySpan<float> sorted, int most)
    {
        var thresholds = new List<float>(most);
        var first = 0;
        for (var i = 1; i < sorted.Length && thresholds.Count < most - 1; i++)
        {
            if (sorted[i] != sorted[i - 1] && (long)(i - first) * (most - thresholds.Count) >= sorted.Length - first)
            {
                thresholds.Add(Between(sorted[i - 1], sorted[i]));
                first = i;
            }
        }

        return [.. thresholds];
    }

    // A float32 t with lower ≤ t < upper, halfway if rounding allows.
    private static float Between(float lower, float upper)
    {
        var middle = (float)(((double)lower + upper) / 2);
        return middle >= lower && middle < upper ? middle : lower;
    }
}
