using MlOps.Scoring;

namespace MlOps.Learning.Internal.Measuring;

/// <summary>Accuracy, macro accuracy, macro F1 and log loss; classes that the model does not know share one more true class.</summary>
internal sealed class MulticlassMeasurement : Measurement
{
    private readonly int _classes;
    private readonly int[] _truth;
    private readonly int[] _predicted;
    private readonly double[] _losses;
    private readonly bool _isUndefined;

    public MulticlassMeasurement(int[] rows, Signature signature, Predictions predictions, int[] truth)
        : base(rows)
    {
        _classes = signature.Classes.Count;
        _truth = [.. rows.Select(row => truth[row] < 0 ? _classes : truth[row])];
        _predicted = [.. rows.Select(predictions.ClassIndex)];
        _losses = [.. rows.Select(row => LogLoss(truth[row] < 0 ? 0 : predictions.Row(row)[truth[row]]))];
        _isUndefined = rows.Any(row => predictions.Row(row).ContainsAnyExceptInRange(float.NegativeInfinity, float.PositiveInfinity));
    }

    public override IReadOnlyList<string> Names => Metrics.Names(ModelTask.Multiclass);

    public override void Measure(ReadOnlySpan<int> counts, Span<double> values)
    {
        values.Fill(double.NaN);
        if (_isUndefined)
        {
            return;
        }

        var (known, predicted, right) = (new long[_classes + 1], new long[_classes + 1], new long[_classes + 1]);
        long n = 0, all = 0;
        double loss = 0;
        for (var i = 0; i < _truth.Length; i++)
        {
            var count = counts.IsEmpty ? 1 : counts[Rows[i]];
            n += count;
            known[_truth[i]] += count;
            predicted[_predicted[i]] += count;
            loss += count * _losses[i];
            if (_truth[i] == _predicted[i])
            {
                right[_truth[i]] += count;
                all += count;
            }
        }

        values[0] = all / (double)n;
        values[1] = Mean(k => known[k] == 0 ? null : right[k] / (double)known[k]);
        values[2] = Mean(k => known[k] + predicted[k] == 0 ? null : 2.0 * right[k] / (known[k] + predicted[k]));
        values[3] = loss / n;
    }

    /// <summary>The mean over the classes for which something is defined; NaN if there is none.</summary>
    private double Mean(Func<int, double?> of)
    {
        var (sum, n) = (0.0, 0);
        for (var k = 0; k <= _classes; k++)
        {
            if (of(k) is { } value)
            {
                sum += value;
                n++;
            }
        }

        return sum / n;
    }
}
