namespace MlOps.Learning.Internal.Measuring;

/// <summary>Metrics over resamples, and the percentiles of what comes of them.</summary>
internal static class Bootstrap
{
    /// <summary>Resamples that one thread takes at once.</summary>
    private const int Piece = 16;

    /// <summary>Every part's every value on every resample: <c>[part][value][resample]</c>.</summary>
    public static double[][][] Run(Resamples resamples, IReadOnlyList<Measurement> parts, Workers workers)
    {
        var all = parts.Select(part => part.Names.Select(_ => new double[resamples.Count]).ToArray()).ToArray();
        workers.ForRanges(resamples.Count, Piece, (first, end) =>
        {
            var counts = new int[resamples.Rows];
            var values = new double[parts.Max(part => part.Names.Count)];
            for (var resample = first; resample < end; resample++)
            {
                workers.Cancellation.ThrowIfCancellationRequested();
                resamples.Counts(resample, counts);
                for (var part = 0; part < parts.Count; part++)
                {
                    var measured = values.AsSpan(0, parts[part].Names.Count);
                    parts[part].Measure(counts, measured);
                    for (var value = 0; value < measured.Length; value++)
                    {
                        all[part][value][resample] = measured[value];
                    }
                }
            }
        });
        return all;
    }

    /// <summary>The middle <paramref name="confidence"/> of the values that are numbers; null if fewer than half are.</summary>
    public static Interval? Interval(double[] values, double confidence)
    {
        double[] sorted = [.. values.Where(double.IsFinite).Order()];
        var tail = (1 - confidence) / 2;
        return sorted.Length == 0 || sorted.Length * 2 < values.Length ? null : new(Percentile(sorted, tail), Percentile(sorted, 1 - tail));
    }

    /// <summary>Between neighbours linear, as numpy's default.</summary>
    private static double Percentile(double[] sorted, double share)
    {
        var at = share * (sorted.Length - 1);
        var below = (int)Math.Floor(at);
        return below + 1 >= sorted.Length ? sorted[^1] : sorted[below] + ((sorted[below + 1] - sorted[below]) * (at - below));
    }
}
