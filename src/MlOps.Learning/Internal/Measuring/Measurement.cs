using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Learning.Internal.Measuring;

/// <summary>Predictions of some rows beside the truth, prepared so that every metric of any resample of the rows costs one pass.</summary>
internal abstract class Measurement
{
    private protected Measurement(int[] rows) => Rows = rows;

    /// <summary>The rows that have a label, as indices into the test rows; in the order of the subclass.</summary>
    public int[] Rows { get; }

    /// <summary>What <see cref="Measure"/> gives, in its order.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    /// <summary>Every metric of the rows, each counted as often as <paramref name="counts"/> says; NaN where undefined.</summary>
    /// <param name="counts">Per test row; empty counts every row once.</param>
    /// <param name="values">One per name.</param>
    public abstract void Measure(ReadOnlySpan<int> counts, Span<double> values);

    /// <param name="subset">The test rows to look at; null for all.</param>
    /// <param name="options">Name the metrics of the model's own.</param>
    public static Measurement Of(Signature signature, Predictions predictions, Frame test, int[]? subset = null, EvaluationOptions? options = null)
    {
        var task = OfTask(signature, predictions, test, subset);
        return options?.Metrics is null ? task
            : new OwnMeasurement(task, [.. options.Metrics.OrderBy(metric => metric.Key, StringComparer.Ordinal)], signature, predictions, test, options.Weight);
    }

    private static Measurement OfTask(Signature signature, Predictions predictions, Frame test, int[]? subset)
    {
        var label = test[signature.Label];
        var rows = (subset ?? Enumerable.Range(0, test.RowCount)).Where(row => !label.IsMissing(row)).ToArray();
        if (signature.Task == ModelTask.Regression)
        {
            var truth = Labels.NumbersOf(label) ?? throw new ArgumentException($"label '{signature.Label}' has no numbers", nameof(test));
            return new RegressionMeasurement(rows, predictions, truth);
        }

        var classes = Labels.ClassOfRows(label, signature.Classes);
        return signature.Task == ModelTask.Binary ? new BinaryMeasurement(rows, signature, predictions, classes) : new MulticlassMeasurement(rows, signature, predictions, classes);
    }

    /// <summary>The metrics of the rows as they are, by name; null where undefined.</summary>
    public SortedDictionary<string, double?> Once(IEnumerable<string> names)
    {
        var values = new double[Names.Count];
        Measure([], values);
        var all = new SortedDictionary<string, double?>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var value = values[IndexOf(name)];
            all[name] = double.IsFinite(value) ? value : null;
        }

        return all;
    }

    public int IndexOf(string name)
    {
        for (var i = 0; i < Names.Count; i++)
        {
            if (Names[i] == name)
            {
                return i;
            }
        }

        throw new ArgumentException($"'{name}' is no metric of this task", nameof(name));
    }

    /// <summary>The negative logarithm of the true class's probability.</summary>
    private protected static double LogLoss(double probability)
    {
        // About float32's spacing below 1: probabilities closer to 0 or 1 cannot be told from them.
        const double Least = 1e-7;
        return -DeterministicMath.Log(Math.Min(Math.Max(probability, Least), 1 - Least));
    }
}
