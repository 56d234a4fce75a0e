using MlOps.Scoring;

namespace MlOps.Learning.Internal.Measuring;

/// <summary>AUC, accuracy, F1, log loss and the rates of a binary model. The rows stand sorted by score, so that the AUC of a resample needs no sorting.</summary>
internal sealed class BinaryMeasurement : Measurement
{
    private static readonly string[] All = [.. Metrics.Names(ModelTask.Binary), .. Metrics.Rates];

    private readonly bool[] _positive;

    /// <summary>Rows of a class that training never saw: negative, and never right.</summary>
    private readonly bool[] _unknown;
    private readonly double[] _losses;

    /// <summary>Where the next score begins.</summary>
    private readonly int[] _ends;

    /// <summary>The first row that is predicted positive.</summary>
    private readonly int _selected;
    private readonly bool _isUndefined;

    public BinaryMeasurement(int[] rows, Signature signature, Predictions predictions, int[] truth)
        : base([.. rows.OrderBy(row => predictions.Row(row)[1])])
    {
        float[] scores = [.. Rows.Select(row => predictions.Row(row)[1])];
        _isUndefined = scores.Any(float.IsNaN);
        _positive = [.. Rows.Select(row => truth[row] == 1)];
        _unknown = [.. Rows.Select(row => truth[row] < 0)];
        // A class that training never saw has no probability.
        _losses = [.. Rows.Select(row => LogLoss(truth[row] < 0 ? 0 : predictions.Row(row)[truth[row]]))];
        _selected = scores.TakeWhile(score => !(score >= signature.Threshold)).Count();
        _ends = [.. Enumerable.Range(1, scores.Length).Where(i => i == scores.Length || scores[i] != scores[i - 1])];
    }

    public override IReadOnlyList<string> Names => All;

    public override void Measure(ReadOnlySpan<int> counts, Span<double> values)
    {
        values.Fill(double.NaN);
        if (_isUndefined)
        {
            return;
        }

        long positives = 0, negatives = 0, twice = 0, missed = 0, spared = 0, unknown = 0;
        double loss = 0;
        var i = 0;
        foreach (var end in _ends)
        {
            if (i == _selected)
            {
                (missed, spared) = (positives, negatives);
            }

            long tied = 0, above = 0;
            for (; i < end; i++)
            {
                var count = counts.IsEmpty ? 1 : counts[Rows[i]];
                loss += count * _losses[i];
                tied += count;
                above += _positive[i] ? count : 0;
                unknown += _unknown[i] && i < _selected ? count : 0;
            }

            // Ordered pairs count two, tied ones one. Exact below 3e9 rows.
            twice += above * ((2 * negatives) + (tied - above));
            positives += above;
            negatives += tied - above;
        }

        if (_selected == Rows.Length)
        {
            (missed, spared) = (positives, negatives);
        }

        double n = positives + negatives, found = positives - missed, selected = n - missed - spared;
        values[0] = twice / (2.0 * positives * negatives);
        values[1] = (found + spared - unknown) / n;
        values[2] = 2 * found / (positives + selected);
        values[3] = loss / n;
        values[4] = found / positives;
        values[5] = (negatives - spared) / (double)negatives;
        values[6] = selected / n;
    }
}
