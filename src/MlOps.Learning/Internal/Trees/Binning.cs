namespace MlOps.Learning.Internal.Trees;

/// <summary>One feature's bins: value x is in the first bin b with <c>x ≤ Thresholds[b]</c>, else in the last; missing has a bin of its own
/// after it.</summary>
/// <param name="Thresholds">Ascending, one fewer than there are bins.</param>
/// <param name="HasMissing">Whether a training row lacks the feature.</param>
internal sealed record Binning(float[] Thresholds, bool HasMissing)
{
    /// <summary>Bins of present values, 1 to 255.</summary>
    public int Present => Thresholds.Length + 1;

    /// <summary>The bins, with missing's.</summary>
    public int Count => Present + (HasMissing ? 1 : 0);

    /// <summary>Bins of about equal numbers of rows; every value its own where there are few. Found in a sample of the rows that depends on their
    /// number only.</summary>
    public static Binning Of(float[] column, int most)
    {
        var sample = Sample(column);
        SortedFloats.Sort(sample);
        var thresholds = new List<float>();
        var distinct = Runs(sample);
        if (distinct.Count <= most)
        {
            for (var i = 1; i < distinct.Count; i++)
            {
                thresholds.Add(Between(distinct[i - 1].Value, distinct[i].Value));
            }
        }
        else
        {
            long rest = sample.Length, inBin = 0;
            for (var i = 0; i + 1 < distinct.Count && thresholds.Count < most - 1; i++)
            {
                inBin += distinct[i].Rows;
                if (inBin * (most - thresholds.Count) >= rest)
                {
                    thresholds.Add(Between(distinct[i].Value, distinct[i + 1].Value));
                    (rest, inBin) = (rest - inBin, 0);
                }
            }
        }

        return new([.. thresholds], Array.Exists(column, float.IsNaN));
    }

    /// <summary>The bins of some values, each <paramref name="stride"/> bytes after the one before.</summary>
    public unsafe void Fill(ReadOnlySpan<float> values, Span<byte> bins, int stride)
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

            bins[i * stride] = float.IsNaN(value) ? missing : (byte)bin;
        }
    }

    private const int SampleRows = 1 << 20;

    // One row of each stretch of equal length, at a place that a hash chooses, so that no period in the data is met in step.
    private static float[] Sample(float[] column)
    {
        if (column.Length <= SampleRows)
        {
            return Array.FindAll(column, v => !float.IsNaN(v));
        }

        var sample = new List<float>(SampleRows);
        for (var i = 0; i < SampleRows; i++)
        {
            long from = (long)i * column.Length / SampleRows, to = (long)(i + 1) * column.Length / SampleRows;
            var value = column[from + (((uint)i * 2654435769u) % (to - from))];
            if (!float.IsNaN(value))
            {
                sample.Add(value);
            }
        }

        return [.. sample];
    }

    private static List<(float Value, int Rows)> Runs(float[] sorted)
    {
        var runs = new List<(float Value, int Rows)>();
        for (var i = 0; i < sorted.Length;)
        {
            var first = i;
            while (i < sorted.Length && sorted[i] == sorted[first])
            {
                i++;
            }

            runs.Add((sorted[first], i - first));
        }

        return runs;
    }

    // A float32 t with lower ≤ t < upper, halfway if rounding allows.
    private static float Between(float lower, float upper)
    {
        var middle = (float)(((double)lower + upper) / 2);
        return middle >= lower && middle < upper ? middle : lower;
    }
}
