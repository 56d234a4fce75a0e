using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Learning.Internal.Encoders;

/// <summary>Encoders for linear models: everything is a number near 1, nothing is missing.</summary>
internal static class LinearEncoders
{
    private const int MostCategories = 1000;
    private const int MostTerms = 50_000;

    /// <summary>What a weighted sum cannot take (MLO6015): numbers beyond float32.</summary>
    public static IEnumerable<Diagnostic> Check(Frame train, LearningSpec spec) => spec.Features
        .Where(feature => feature.Kind != FeatureKind.Categorical && train.TryGet(feature.Column, out var column)
            && column is NumberColumn { Values: var cells } && cells.Any(v => float.IsInfinity((float)v)))
        .Select(feature => new Diagnostic("MLO6015", $"feature '{feature.Column}' has numbers too large for a linear model")
        {
            Why = "features are float32, at most 3.4e38",
            Mend = "divide the column in a preparation step, or use trainer 'boosted-trees'",
        });

    public static Encoder? Fit(Column column, FeatureKind kind) => kind switch
    {
        FeatureKind.Categorical => FitCategories(column),
        FeatureKind.Timestamp => FitCalendar(column.Name, column),
        FeatureKind.Text => column is StringColumn texts ? Vocabulary.Fit(texts, MostTerms) : null,
        _ => FitNumber(column),
    };

    private static NumericEncoder FitNumber(Column column)
    {
        var (mean, scale) = Standard(FeatureEncoding.Encode([new NumericEncoder(column.Name)], new Frame([column])).Dense[0]);
        return new(column.Name, mean, mean, scale);
    }

    private static OneHotEncoder? FitCategories(Column column)
    {
        var rows = CategoryCounts.Of(column);
        IEnumerable<string> kept = rows.Frequent(1, MostCategories).Select(c => rows.Texts[c]);
        string[] categories = [.. (rows.HasMissing ? kept.Prepend("") : kept).Order(StringComparer.Ordinal)];
        return categories.Length == 0 ? null : new(column.Name, categories);
    }

    private static CalendarEncoder FitCalendar(string name, Column column)
    {
        CalendarPart[] parts = [CalendarPart.Day, CalendarPart.Hour, CalendarPart.Weekday, CalendarPart.Month];
        var raw = new CalendarEncoder(name, parts, [float.NaN, float.NaN, float.NaN, float.NaN], [0, 0, 0, 0], [1, 1, 1, 1]);
        var standards = FeatureEncoding.Encode([raw], new Frame([column])).Dense.Select(Standard).ToArray();
        float[] means = [.. standards.Select(s => s.Mean)];
        return new(name, parts, means, means, [.. standards.Select(s => s.Scale)]);
    }

    /// <summary>The mean of the present values, and 1 over their standard deviation; 0 and 1 where there is none or no spread.</summary>
    private static (float Mean, float Scale) Standard(float[] values)
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
