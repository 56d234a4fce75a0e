using MlOps.Scoring;

namespace MlOps.Learning.Internal.Measuring;

/// <summary>RMSE, MAE and R²; sums in the rows' order.</summary>
internal sealed class RegressionMeasurement : Measurement
{
    private readonly double[] _errors;

    /// <summary>The truth less its mean over all rows, so that sums of squares keep their digits.</summary>
    private readonly double[] _centred;

    public RegressionMeasurement(int[] rows, Predictions predictions, double[] truth)
        : base(rows)
    {
        _errors = [.. rows.Select(row => predictions.Values[row] - truth[row])];
        double[] numbers = [.. rows.Select(row => truth[row])];
        // Of equal numbers the mean may differ in the last digit, and nothing would be constant.
        var centre = numbers.Length > 0 && numbers.All(number => number == numbers[0]) ? numbers[0] : OrderedSum.Mean(numbers);
        _centred = [.. numbers.Select(number => number - centre)];
    }

    public override IReadOnlyList<string> Names => Metrics.Names(ModelTask.Regression);

    public override void Measure(ReadOnlySpan<int> counts, Span<double> values)
    {
        double n = 0, squared = 0, absolute = 0, sum = 0, squares = 0;
        var (least, most) = (double.PositiveInfinity, double.NegativeInfinity);
        for (var i = 0; i < _errors.Length; i++)
        {
            double weight = counts.IsEmpty ? 1 : counts[Rows[i]];
            if (weight > 0)
            {
                var (error, centred) = (_errors[i], _centred[i]);
                n += weight;
                squared += weight * (error * error);
                absolute += weight * Math.Abs(error);
                sum += weight * centred;
                squares += weight * (centred * centred);
                least = Math.Min(least, centred);
                most = Math.Max(most, centred);
            }
        }

        values[0] = Math.Sqrt(squared / n);
        values[1] = absolute / n;
        values[2] = least < most ? 1 - (squared / (squares - (sum * (sum / n)))) : double.NaN;
    }
}
