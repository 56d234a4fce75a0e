using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Learning.Internal.Encoders;

/// <summary>Encoders of numbers and instants: linear models want them near 1 and nothing missing, to trees only their order matters.</summary>
internal static class NumberFit
{
    /// <summary>What a weighted sum cannot take (MLO6015): numbers beyond float32.</summary>
    public static IEnumerable<Diagnostic> Check(Frame train, LearningSpec spec) => spec.Features
        .Where(feature => feature.Kind != FeatureKind.Categorical && train.TryGet(feature.Column, out var column)
            && column is NumberColumn { Values: var cells } && cells.Any(v => float.IsInfinity((float)v)))
        .Select(feature => new Diagnostic("MLO6015", $"feature '{feature.Column}' has numbers too large for a linear model")
        {
            Why = "features are float32, at most 3.4e38",
            Mend = "divide the column in a preparation step, or use trainer 'boosted-trees'",
        });

    /// <param name="filled">Whether missing becomes the mean.</param>
    /// <param name="standardised">Whether the mean becomes 0 and the standard deviation 1.</param>
    public static NumericEncoder Number(Column column, bool filled, bool standardised)
    {
        if (!filled && !standardised)
        {
            return new(column.Name);
        }

        var (mean, scale) = Standard(FeatureEncoding.Encode([new NumericEncoder(column.Name)], new Frame([column])).Dense[0]);
        return new(column.Name, filled ? mean : float.NaN, standardised ? mean : 0, standardised ? scale : 1);
    }

    public static CalendarEncoder Calendar(Column column, CalendarPart[] parts, bool linear)
    {
        var raw = new CalendarEncoder(column.Name, parts, All(float.NaN), All(0), All(1));
        if (!linear)
        {
            return raw;
        }

        var standards = FeatureEncoding.Encode([raw], new Frame([column])).Dense.Select(Standard).ToArray();
        float[] means = [.. standards.Select(s => s.Mean)];
        return new(column.Name, parts, means, means, [.. standards.Select(s => s.Scale)]);

        float[] All(float value) => [.. Enumerable.Repeat(value, parts.Length)];
    }

    /// <summary>The mean of the present values, and 1 over their standard deviation; 0 and 1 where there is none or no spread.</summary>
    public static (float Mean, float Scale) Standard(float[] values)
    {
        double sum = 0, squares = 0;
        var n = 0;
        foreach (var value in values)
        {
            if (float.IsFinite(value))
            {
                sum += value;
                n++;
            }
        }

        var mean = n == 0 ? 0 : sum / n;
        foreach (var value in values)
        {
            if (float.IsFinite(value))
            {
                squares += (value - mean) * (value - mean);
            }
        }

        var scale = squares > 0 ? (float)(1 / Math.Sqrt(squares / n)) : 1;
        return ((float)mean, float.IsFinite(scale) && scale > 0 ? scale : 1);
    }
}
