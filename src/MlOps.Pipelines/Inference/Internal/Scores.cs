namespace MlOps.Pipelines.Inference.Internal;

/// <summary>How well one series tells another; sums run in row order.</summary>
internal static class Scores
{
    private const int FewestRows = 30;

    /// <summary>1 − Σ(y − p)² / Σ(y − mean)²; 0 for a constant series.</summary>
    internal static double R2(double[] series, double[] predictions)
    {
        var mean = Mean(series);
        var (error, total) = (0.0, 0.0);
        for (var i = 0; i < series.Length; i++)
        {
            error += (series[i] - predictions[i]) * (series[i] - predictions[i]);
            total += (series[i] - mean) * (series[i] - mean);
        }

        return total > 0 ? 1 - (error / total) : 0;
    }

    /// <summary>The squared correlation over the rows where <paramref name="x"/> is no NaN; 0 where either is constant or fewer than 30 rows are
    /// left.</summary>
    internal static double SquaredCorrelation(double[] series, double[] x)
    {
        var (count, meanX, meanY) = (0, 0.0, 0.0);
        for (var i = 0; i < x.Length; i++)
        {
            if (!double.IsNaN(x[i]))
            {
                count++;
                meanX += x[i];
                meanY += series[i];
            }
        }

        if (count < FewestRows)
        {
            return 0;
        }

        (meanX, meanY) = (meanX / count, meanY / count);
        var (xx, xy, yy) = (0.0, 0.0, 0.0);
        for (var i = 0; i < x.Length; i++)
        {
            if (!double.IsNaN(x[i]))
            {
                xx += (x[i] - meanX) * (x[i] - meanX);
                xy += (x[i] - meanX) * (series[i] - meanY);
                yy += (series[i] - meanY) * (series[i] - meanY);
            }
        }

        return xx > 0 && yy > 0 ? xy / xx * (xy / yy) : 0;
    }

    /// <summary>The area under the ROC curve, ties counted half (NaN ties with NaN); 0.5 where one class is absent.</summary>
    /// <param name="marks">1 for the class, else 0.</param>
    internal static double Auc(double[] marks, double[] scores)
    {
        var keys = (double[])scores.Clone();
        var ordered = (double[])marks.Clone();
        Array.Sort(keys, ordered);
        var (below, above, area) = (0.0, 0.0, 0.0);
        for (var start = 0; start < keys.Length;)
        {
            var (end, ones) = (start, 0.0);
            for (; end < keys.Length && keys[end].Equals(keys[start]); end++)
            {
                ones += ordered[end];
            }

            var zeros = end - start - ones;
            area += ones * (below + (zeros / 2));
            below += zeros;
            above += ones;
            start = end;
        }

        return below > 0 && above > 0 ? area / (below * above) : 0.5;
    }

    internal static double Mean(double[] values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value;
        }

        return values.Length == 0 ? 0 : sum / values.Length;
    }
}
