using MlOps.Scoring;

namespace MlOps.Learning.Internal;

/// <summary>RMSE, MAE and R²; sums in the rows' order.</summary>
internal static class RegressionMetrics
{
    public static IReadOnlyDictionary<string, double?> Of(Predictions predictions, double[] truth)
    {
        double sum = 0, squared = 0, absolute = 0;
        var n = 0;
        for (var row = 0; row < truth.Length; row++)
        {
            if (!double.IsNaN(truth[row]))
            {
                var error = predictions.Values[row] - truth[row];
                squared += error * error;
                absolute += Math.Abs(error);
                sum += truth[row];
                n++;
            }
        }

        var mean = sum / n;
        double deviation = 0;
        var constant = true;
        double? first = null;
        foreach (var value in truth)
        {
            if (!double.IsNaN(value))
            {
                deviation += (value - mean) * (value - mean);
                constant &= value == (first ??= value);
            }
        }

        return new SortedDictionary<string, double?>(StringComparer.Ordinal)
        {
            ["mae"] = Defined(absolute / n),
            ["r2"] = constant ? null : Defined(1 - (squared / deviation)),
            ["rmse"] = Defined(Math.Sqrt(squared / n)),
        };
    }

    /// <summary>Null for what arithmetic leaves undefined: no rows, or predictions that are no numbers.</summary>
    public static double? Defined(double value) => double.IsFinite(value) ? value : null;
}
