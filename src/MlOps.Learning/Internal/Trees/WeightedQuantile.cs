namespace MlOps.Learning.Internal.Trees;

/// <summary>The value below which a share of the weight lies; halfway to the next one where a value ends exactly there (Hyndman and Fan's second
/// definition), so that one half gives the median.</summary>
internal static class WeightedQuantile
{
    /// <param name="values">Sorted in place.</param>
    /// <param name="weights">One per value; null where all are equal.</param>
    /// <returns>0 of no values.</returns>
    public static double Of(double[] values, double[]? weights, double share)
    {
        if (values.Length == 0)
        {
            return 0;
        }

        if (weights is null)
        {
            Array.Sort(values);
            var rank = share * values.Length;
            var at = Math.Min((int)rank, values.Length - 1);
            return at > 0 && at == rank ? Halfway(values[at - 1], values[at]) : values[at];
        }

        Array.Sort(values, weights);
        var wanted = share * OrderedSum.Of(weights);
        double sum = 0;
        for (var i = 0; i + 1 < values.Length; i++)
        {
            sum += weights[i];
            if (sum >= wanted)
            {
                return sum == wanted ? Halfway(values[i], values[i + 1]) : values[i];
            }
        }

        return values[^1];
    }

    private static double Halfway(double a, double b) => a + ((b - a) / 2);
}
