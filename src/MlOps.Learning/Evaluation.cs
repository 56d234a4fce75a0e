using MlOps.Data;
using MlOps.Learning.Internal;
using MlOps.Learning.Internal.Measuring;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>Where a value lies with some confidence; both ends inclusive.</summary>
public readonly record struct Interval(double Low, double High);

/// <summary>The metrics of some test rows.</summary>
/// <param name="Rows">How many have a label.</param>
/// <param name="Metrics">By name; null where undefined.</param>
/// <param name="Intervals">By name: the percentiles of the metric over resamples; null where fewer than half of them have it.</param>
public sealed record Measured(int Rows, IReadOnlyDictionary<string, double?> Metrics, IReadOnlyDictionary<string, Interval?> Intervals);

/// <summary>A group of test rows.</summary>
/// <param name="Value">The value that they share in the column, or the least and the greatest, <c>18 to 34</c>; null where the cell is missing.</param>
public sealed record MeasuredSlice(string Column, string? Value, Measured Measured)
{
    /// <summary>Such as <c>season winter</c>.</summary>
    public string Name => $"{Column} {Value ?? "missing"}";
}

/// <summary>What a model's predictions of test rows are worth: metrics with intervals, of all rows and of groups.</summary>
/// <param name="Slices">By column as declared, then by value.</param>
public sealed record Evaluation(ModelTask Task, Measured All, IReadOnlyList<MeasuredSlice> Slices)
{
    /// <summary>Measures predictions.</summary>
    /// <param name="test">As many rows as <paramref name="predictions"/>, with the label's and the slices' columns.</param>
    /// <param name="threads">At least 1; changes the time only.</param>
    /// <exception cref="ArgumentException">The numbers of rows differ.</exception>
    /// <exception cref="KeyNotFoundException">A slice's column is absent.</exception>
    public static Evaluation Of(Signature signature, Predictions predictions, Frame test, EvaluationOptions options, int threads, CancellationToken cancellationToken)
    {
        if (predictions.Rows != test.RowCount)
        {
            throw new ArgumentException($"{predictions.Rows} predictions for {test.RowCount} rows", nameof(predictions));
        }

        var slices = options.Slices.SelectMany(spec => Slicing.Of(test[spec.Column], spec.Bins)).ToList();
        Measurement[] parts = [Measurement.Of(signature, predictions, test, null, options), .. slices.Select(slice => Measurement.Of(signature, predictions, test, slice.Rows, options))];
        var resamples = Resamples.Of(test[signature.Label], options.Intervals.Resamples);
        var names = options.MetricNames(signature.Task);
        using var workers = new Workers(threads, cancellationToken);
        var drawn = Bootstrap.Run(resamples, parts, workers);
        var measured = parts.Select((part, p) => new Measured(
            part.Rows.Length,
            part.Once(names),
            new SortedDictionary<string, Interval?>(names.ToDictionary(name => name, name => Bootstrap.Interval(drawn[p][part.IndexOf(name)], options.Intervals.Confidence)), StringComparer.Ordinal))).ToList();
        return new(signature.Task, measured[0], [.. slices.Select((slice, s) => new MeasuredSlice(slice.Column, slice.Value, measured[s + 1]))]);
    }

    /// <summary>The slice whose first metric is worst, of those with enough rows; null if there is none.</summary>
    public MeasuredSlice? Worst(int minRows)
    {
        var metric = Metrics.Names(Task)[0];
        var sign = Metrics.HigherIsBetter(metric) == true ? 1 : -1;
        return Slices.Where(slice => slice.Measured.Rows >= minRows && slice.Measured.Metrics[metric] is not null).MinBy(slice => sign * slice.Measured.Metrics[metric]!.Value);
    }
}
