namespace MlOps.Learning.Internal.Trees;

/// <summary>The value below which a share of the weight lies; halfway to the next one where a value ends exactly there (Hyndman and Fan's second
/// definition), so that one half gives the median.</summary>
internal static class WeightedQuantile
{
    // What rounding may make of two equal sums, as a share of all weight.
    private const double Rounding = 1e-12;

    /// <param name="values">Sorted in place, the weights with them.</param>
    /// <param name="weights">One per value; null where all are equal.</param>
    /// <returns>0 of no values.</returns>
    public static double Of(double[] values, double[]? weights, double share)
    {
        if (values.Length == 0)
        {
            return 0;
        }

        Array.Sort(values, weights);
        var total = weights is null ? values.Length : OrderedSum.Of(weights);
        var (least, most) = ((share - Rounding) * total, (share + Rounding) * total);
        double sum = 0;
        for (var i = 0; i + 1 < values.Length; i++)
        {
            sum += weights?[i] ?? 1;
            if (sum >= least)
            {
                return sum <= most ? values[i] + ((values[i + 1] - values[i]) / 2) : values[i];
            }
        }

        return values[^1];
    }
}
