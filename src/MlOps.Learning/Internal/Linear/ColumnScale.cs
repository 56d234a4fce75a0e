using MlOps.Scoring;

namespace MlOps.Learning.Internal.Linear;

/// <summary>Lets a solver see each dense feature with mean 0 and standard deviation 1, whatever it is: the minimum is the same, and found in few steps.</summary>
/// <remarks>With mean m and deviation s of a feature, the solver's weight is <c>s · weight</c>, and its intercept that of the feature minus m. Sparse features stay as they are.</remarks>
internal sealed class ColumnScale
{
    // Beside the mean: floats differ by more.
    private const double LeastDeviation = 1e-10;

    private readonly int _width;
    private readonly int _outputs;
    private readonly double[] _means;
    private readonly double[] _scales;

    public ColumnScale(FeatureMatrix features, int outputs)
    {
        (_width, _outputs) = (features.Width, outputs);
        _means = [.. features.Dense.Select(Mean)];
        _scales = [.. features.Dense.Select((column, j) => Deviation(column, _means[j]))];
    }

    /// <summary>The function of the solver's point.</summary>
    public Func<double[], double[], double> Around(Func<double[], double[], double> evaluate) => (point, gradient) =>
    {
        var value = evaluate(Back(point), gradient);
        for (var k = 0; k < _outputs; k++)
        {
            var weights = gradient.AsSpan(k * _width, _width);
            var intercept = gradient[(_outputs * _width) + k];
            for (var j = 0; j < _scales.Length; j++)
            {
                weights[j] = (weights[j] - (_means[j] * intercept)) / _scales[j];
            }
        }

        return value;
    };

    /// <summary>The weights and intercepts that the solver's point stands for.</summary>
    public double[] Back(double[] point)
    {
        var back = (double[])point.Clone();
        for (var k = 0; k < _outputs; k++)
        {
            var weights = back.AsSpan(k * _width, _width);
            for (var j = 0; j < _scales.Length; j++)
            {
                weights[j] /= _scales[j];
                back[(_outputs * _width) + k] -= weights[j] * _means[j];
            }
        }

        return back;
    }

    /// <summary>A penalty on the sizes of the weights, as the solver sees it.</summary>
    public SizePenalty Penalty(double factor) => new(factor == 0 ? [] : [.. Enumerable.Range(0, _outputs * _width)
        .Select(i => i % _width is var j && j < _scales.Length ? factor / _scales[j] : factor)]);

    private static double Mean(float[] column)
    {
        double sum = 0;
        foreach (var value in column)
        {
            sum += value;
        }

        return sum / column.Length;
    }

    private static double Deviation(float[] column, double mean)
    {
        double squares = 0;
        foreach (var value in column)
        {
            squares += (value - mean) * (value - mean);
        }

        // A constant column has no effect but the intercept's, whatever it is divided by; its mean may have a rounding error.
        return Math.Sqrt(squares / column.Length) is var deviation && deviation > LeastDeviation * Math.Abs(mean) ? deviation : 1;
    }
}
