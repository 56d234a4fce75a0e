using MlOps.Data;
using MlOps.Learning.Internal;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>How much worse a metric becomes when a column's cells are shuffled among the rows.</summary>
/// <param name="Column">The column's name.</param>
/// <param name="Mean">The mean of all shuffles, in the metric's unit; positive where the column helps, whether more of the metric is better or less.</param>
/// <param name="Low">The lower bound of the mean's 95% interval (Student's t over the shuffles).</param>
/// <param name="High">The upper bound.</param>
public sealed record ColumnImportance(string Column, double Mean, double Low, double High);

/// <summary>Permutation importance (Breiman 2001, <see href="https://doi.org/10.1023/A:1010933404324"/>): what a model loses without each column.</summary>
/// <remarks>Shuffles follow from the rows' content, the column's name and the number of the repeat: the same figures with any number of threads and in any order of rows. The
/// intervals tell how much the shuffles vary, not the rows. Columns that say the same share their importance, or hide each other's.</remarks>
public static class PermutationImportance
{
    // Student's t, two-sided 95%, by degrees of freedom from 1.
    private static readonly double[] T =
    [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
        2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ];

    /// <summary>Every input's importance, the greatest first.</summary>
    /// <param name="test">Rows that the model was not fitted to, with the label; those without a label are passed over.</param>
    /// <param name="metric">One of <see cref="Metrics.Names"/> of the model's task.</param>
    /// <param name="columns">The inputs that are shuffled; null for all.</param>
    /// <param name="repeats">Shuffles per column: 2 or more; 10 is usual.</param>
    /// <param name="mostRows">Of more rows, so many are taken, by their content; 10,000 is plenty.</param>
    /// <param name="threads">At least 1; changes the time only.</param>
    /// <returns>Empty where the metric is undefined for the rows.</returns>
    /// <exception cref="ArgumentException">The metric is not one of the task, or there are fewer than two repeats.</exception>
    /// <exception cref="MlOps.Content.DiagnosticException">The rows lack a column (MLO5001), or it has a type that cannot be taken (MLO5002).</exception>
    public static IReadOnlyList<ColumnImportance> Of(
        TrainedModel model, Frame test, string metric, IReadOnlyCollection<string>? columns, int repeats, int mostRows, int threads, CancellationToken cancellationToken)
    {
        if (repeats < 2 || !Metrics.Names(model.Signature.Task).Contains(metric))
        {
            throw new ArgumentException($"{repeats} shuffles for {metric}", nameof(metric));
        }

        var scorer = new Scorer(model);
        var inputs = model.Signature.Inputs.Select(input => input.Name).Where(name => test.TryGet(name, out _)).ToArray();
        string[] shuffles = [.. inputs.Where(name => columns?.Contains(name) != false)];
        var label = test[model.Signature.Label];
        int[] labelled = [.. Enumerable.Range(0, test.RowCount).Where(row => !label.IsMissing(row))];
        var sample = ContentSample.Of(test.WithOnly([.. inputs, label.Name]).Select(labelled), mostRows);
        if (Value(sample.Rows) is not { } whole)
        {
            return [];
        }

        var sign = Metrics.HigherIsBetter(metric) == true ? 1 : -1;
        var losses = new double[shuffles.Length * repeats];
        using var workers = new Workers(threads, cancellationToken);
        workers.For(losses.Length, i =>
        {
            var column = sample.Rows[shuffles[i / repeats]];
            var shuffled = column.Select(sample.Shuffled(RowHash.Mix(RowHash.OfText(column.Name) + (ulong)(i % repeats))));
            var value = Value(new([.. sample.Rows.Columns.Select(other => other.Name == column.Name ? shuffled : other)]));
            losses[i] = sign * (whole - value ?? 0);
        });
        return [.. shuffles.Select((name, i) => Summary(name, losses.AsSpan(i * repeats, repeats)))
            .OrderByDescending(column => column.Mean).ThenBy(column => column.Column, StringComparer.Ordinal)];

        double? Value(Frame rows) => Metrics.Evaluate(model.Signature, scorer.Predict(rows), rows)[metric];
    }

    private static ColumnImportance Summary(string column, ReadOnlySpan<double> losses)
    {
        var mean = OrderedSum.Mean(losses);
        double squares = 0;
        foreach (var loss in losses)
        {
            squares += (loss - mean) * (loss - mean);
        }

        var freedom = losses.Length - 1;
        var half = (freedom <= T.Length ? T[freedom - 1] : 1.96) * Math.Sqrt(squares / freedom / losses.Length);
        return new(column, mean, mean - half, mean + half);
    }
}
