namespace MlOps.Pipelines.Inference.Internal;

/// <summary>A linear fit by normal equations over standardised columns.</summary>
/// <param name="Weights">Per column, in deviations of the series per deviation of the column.</param>
internal sealed record LeastSquares(double[] Weights, double R2)
{
    /// <summary>Keeps columns that say the same from dividing by nothing.</summary>
    private const double Ridge = 1e-9;

    /// <summary>Null where a cell is missing, the series is constant or there are fewer rows than ten per column.</summary>
    internal static LeastSquares? Fit(double[] series, double[][] columns)
    {
        if (series.Length < columns.Length * 10 || Standardise(series) is not { } y || Array.Exists(columns, column => Array.Exists(column, double.IsNaN)))
        {
            return null;
        }

        // A constant column standardises to nothing and weighs nothing.
        var x = Array.ConvertAll(columns, column => Standardise(column) ?? new double[series.Length]);
        var count = x.Length;
        var (products, target) = (new double[count][], new double[count]);
        for (var i = 0; i < count; i++)
        {
            products[i] = new double[count];
            for (var j = 0; j <= i; j++)
            {
                products[i][j] = Dot(x[i], x[j]) + (i == j ? Ridge : 0);
            }

            target[i] = Dot(x[i], y);
        }

        var weights = Solve(products, target);
        var predictions = new double[series.Length];
        for (var i = 0; i < count; i++)
        {
            for (var row = 0; row < predictions.Length; row++)
            {
                predictions[row] += weights[i] * x[i][row];
            }
        }

        return new(weights, Scores.R2(y, predictions));
    }

    private static double[]? Standardise(double[] values)
    {
        var mean = Scores.Mean(values);
        var squares = 0.0;
        foreach (var value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        var deviation = Math.Sqrt(squares / values.Length);
        return deviation > 0 ? Array.ConvertAll(values, value => (value - mean) / deviation) : null;
    }

    private static double Dot(double[] left, double[] right)
    {
        var sum = 0.0;
        for (var i = 0; i < left.Length; i++)
        {
            sum += left[i] * right[i];
        }

        return sum / left.Length;
    }

    /// <summary>Cholesky's decomposition of a symmetric positive definite matrix (its lower half), then two substitutions.</summary>
    private static double[] Solve(double[][] matrix, double[] target)
    {
        var count = target.Length;
        var lower = new double[count][];
        for (var i = 0; i < count; i++)
        {
            lower[i] = new double[count];
            for (var j = 0; j <= i; j++)
            {
                var sum = matrix[i][j];
                for (var k = 0; k < j; k++)
                {
                    sum -= lower[i][k] * lower[j][k];
                }

                lower[i][j] = i == j ? Math.Sqrt(Math.Max(sum, Ridge)) : sum / lower[j][j];
            }
        }

        var solution = (double[])target.Clone();
        for (var i = 0; i < count; i++)
        {
            for (var k = 0; k < i; k++)
            {
                solution[i] -= lower[i][k] * solution[k];
            }

            solution[i] /= lower[i][i];
        }

        for (var i = count - 1; i >= 0; i--)
        {
            for (var k = i + 1; k < count; k++)
            {
                solution[i] -= lower[k][i] * solution[k];
            }

            solution[i] /= lower[i][i];
        }

        return solution;
    }
}
