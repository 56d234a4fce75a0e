using MlOps.Data;
using MlOps.Learning.Internal;
using MlOps.Learning.Internal.Measuring;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>How much better one model is than another on some of the test rows.</summary>
/// <param name="Slice">The group of rows; null for all.</param>
/// <param name="Rows">How many.</param>
/// <param name="Gain">The difference of the metric, turned so that more is better; null where one side's is undefined.</param>
/// <param name="Interval">Of the gain, over resamples of the rows that are the same for both; null where fewer than half of them have it.</param>
public sealed record Comparison(string? Slice, int Rows, double? Gain, Interval? Interval)
{
    /// <summary>Compares two models' predictions of the same rows by a paired bootstrap: of all rows, then of the options' slices with enough rows.</summary>
    /// <param name="confidence">Of the interval for all rows; those of k slices share its error among them, 1 − (1 − confidence) / k.</param>
    /// <param name="threads">At least 1; changes the time only.</param>
    public static IReadOnlyList<Comparison> Of(
        Predictions candidate, Predictions other, Frame test, string metric, double confidence, EvaluationOptions options, int threads, CancellationToken cancellationToken)
    {
        options = options.WithOnly([metric]);
        var slices = options.Slices.SelectMany(spec => Slicing.Of(test[spec.Column], spec.Bins)).Where(slice => slice.Rows.Length >= options.MinRows).ToList();
        List<int[]?> subsets = [null, .. slices.Select(slice => slice.Rows)];
        var parts = subsets.Select(rows => Measurement.Of(candidate.Signature, candidate, test, rows, options)).Concat(subsets.Select(rows => Measurement.Of(other.Signature, other, test, rows, options))).ToList();
        var at = parts[0].IndexOf(metric);
        var sign = options.HigherIsBetter(metric) == true ? 1 : -1;
        using var workers = new Workers(threads, cancellationToken);
        var drawn = Bootstrap.Run(Resamples.Of(test[candidate.Signature.Label], options.Intervals.Resamples), parts, workers);
        return [.. subsets.Select((_, s) =>
        {
            var (mine, its) = (drawn[s][at], drawn[s + subsets.Count][at]);
            var error = (1 - confidence) / (s == 0 ? 1 : slices.Count);
            var gain = sign * (parts[s].Once([metric])[metric] - parts[s + subsets.Count].Once([metric])[metric]);
            return new Comparison(s == 0 ? null : new MeasuredSlice(slices[s - 1].Column, slices[s - 1].Value, null!).Name, parts[s].Rows.Length, gain,
                Bootstrap.Interval([.. mine.Zip(its, (a, b) => sign * (a - b))], 1 - error));
        })];
    }
}

/// <summary>How far the groups of a column lie apart in a metric or a rate.</summary>
/// <param name="Groups">The groups with enough rows, lowest and highest first and last.</param>
/// <param name="Rows">How many rows the smaller of those two has.</param>
/// <param name="Difference">The highest less the lowest; null if fewer than two groups have it.</param>
/// <param name="Interval">Of the difference between these two groups; null where fewer than half of the resamples have it.</param>
public sealed record Gap(IReadOnlyList<(string Group, double Value)> Groups, int Rows, double? Difference, Interval? Interval)
{
    /// <summary>Compares the groups of a column.</summary>
    /// <param name="measure">A metric of the task, or one of <see cref="Metrics.Rates"/>.</param>
    /// <param name="threads">At least 1; changes the time only.</param>
    public static Gap Of(Predictions predictions, Frame test, SliceSpec column, string measure, EvaluationOptions options, int threads, CancellationToken cancellationToken)
    {
        options = options.WithOnly([measure]);
        var groups = Slicing.Of(test[column.Column], column.Bins).Where(slice => slice.Rows.Length >= options.MinRows)
            .Select(slice => (slice.Value, Part: Measurement.Of(predictions.Signature, predictions, test, slice.Rows, options)))
            .Select(group => (Name: group.Value ?? "missing", group.Part, Value: group.Part.Once([measure])[measure]))
            .Where(group => group.Value is not null).OrderBy(group => group.Value).ToList();
        if (groups.Count < 2)
        {
            return new([.. groups.Select(group => (group.Name, group.Value!.Value))], groups.Count == 0 ? 0 : groups[0].Part.Rows.Length, null, null);
        }

        Measurement[] ends = [groups[0].Part, groups[^1].Part];
        var at = ends[0].IndexOf(measure);
        using var workers = new Workers(threads, cancellationToken);
        var drawn = Bootstrap.Run(Resamples.Of(test[predictions.Signature.Label], options.Intervals.Resamples), ends, workers);
        return new([.. groups.Select(group => (group.Name, group.Value!.Value))], ends.Min(part => part.Rows.Length), groups[^1].Value - groups[0].Value,
            Bootstrap.Interval([.. drawn[1][at].Zip(drawn[0][at], (high, low) => high - low)], options.Intervals.Confidence));
    }
}
