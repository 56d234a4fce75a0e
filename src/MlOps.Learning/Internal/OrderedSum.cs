namespace MlOps.Learning.Internal;

/// <summary>Sums from first to last: LINQ's may one day add side by side, which rounds otherwise.</summary>
internal static class OrderedSum
{
    public static double Of(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum;
    }

    public static double Mean(ReadOnlySpan<double> values) => Of(values) / values.Length;
}
