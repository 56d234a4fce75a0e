using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>A metric that the model's own code computes.</summary>
public sealed partial record MetricOptions
{
    /// <summary>A public static method of the C# files of the model or of <c>models/shared</c>, <c>Type.Method</c>, that returns <c>double</c>. It takes as spans, one element per row: for
    /// regression <c>double</c> actual and <c>double</c> predicted; for binary <c>bool</c> actual and <c>double</c> probability, or <c>bool</c> predicted at the threshold; for
    /// multiclass <c>string</c> actual and <c>string</c> predicted; then, if it likes, <c>double</c> weights.</summary>
    public required string Code { get; init; }

    /// <summary>Which values are better.</summary>
    public required BetterMetric Better { get; init; }

    /// <summary>What computes it, where the model's code is run; else null.</summary>
    [JsonIgnore]
    public MetricFunction? Function { get; init; }

    /// <summary>Whether a word may name one.</summary>
    public static bool IsName(string name) => Name().IsMatch(name) && !IsKnown(name);

    /// <summary>Whether the product has a metric or a rate of that name, of whatever task.</summary>
    public static bool IsKnown(string name) => Metrics.HigherIsBetter(name) is not null || Metrics.Rates.Contains(name);

    [GeneratedRegex("^[a-z][A-Za-z0-9]{0,39}$")]
    private static partial Regex Name();
}

/// <summary>Which values of a metric are better.</summary>
public enum BetterMetric
{
    /// <summary>Less is better, as of errors and costs.</summary>
    Lower,

    /// <summary>More is better.</summary>
    Higher,
}

/// <summary>A metric of some rows; what is no finite number is undefined and never passes.</summary>
public delegate double MetricFunction(MetricSample sample);

/// <summary>Rows beside what was predicted of them, each as often as it was drawn, in their order; what a task has not is empty.</summary>
public ref struct MetricSample
{
    /// <summary>Regression: the label.</summary>
    public ReadOnlySpan<double> Numbers { get; set; }

    /// <summary>Regression: the prediction. Binary: the probability of the positive class.</summary>
    public ReadOnlySpan<double> Predicted { get; set; }

    /// <summary>Binary: whether the row is positive.</summary>
    public ReadOnlySpan<bool> Positives { get; set; }

    /// <summary>Binary: whether it is predicted positive, at the model's threshold.</summary>
    public ReadOnlySpan<bool> PredictedPositives { get; set; }

    /// <summary>Multiclass: the class.</summary>
    public ReadOnlySpan<string> Classes { get; set; }

    /// <summary>Multiclass: the class predicted.</summary>
    public ReadOnlySpan<string> PredictedClasses { get; set; }

    /// <summary>How much each row counts: as its cell says, NaN where that is empty; 1 where the model has no weight.</summary>
    public ReadOnlySpan<double> Weights { get; set; }
}
