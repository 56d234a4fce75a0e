using MlOps.Learning.Internal.Trees;
using MlOps.Scoring;

namespace MlOps.Learning.Internal.Linear;

/// <summary>Ridge regression by the normal equations: Cholesky's elimination of the centred Gram matrix.</summary>
internal static class LeastSquares
{
    // A pivot this small beside its diagonal is rounding: the feature is a sum of those before it and gets no weight.
    private const double LeastPivot = 1e-10;

    public static (double[] Weights, double Intercept) Fit(FeatureMatrix features, FitRows rows, double l2, Workers workers)
    {
        var x = features.Dense;
        var (truth, counts) = (rows.Labels.Numbers, rows.Weights ?? [.. Enumerable.Repeat(1.0, features.Rows)]);
        var all = OrderedSum.Of(counts);
        double[] means = [.. x.Select(column => Sum(column, counts) / all)];
        var mean = rows.Mean(truth);
        var gram = new double[x.Length][];
        var right = new double[x.Length];
        workers.For(x.Length, i =>
        {
            gram[i] = new double[i + 1];
            for (var j = 0; j <= i; j++)
            {
                gram[i][j] = Product(x[i], means[i], x[j], means[j], counts);
            }

            gram[i][i] += l2;
            right[i] = Product(x[i], means[i], truth, mean, counts);
        });
        var weights = Solve(gram, right);
        var intercept = mean;
        for (var j = 0; j < weights.Length; j++)
        {
            intercept -= weights[j] * means[j];
        }

        return (weights, intercept);
    }

    /// <summary>Solves a symmetric, not negative system given by its lower triangle, which is overwritten.</summary>
    private static double[] Solve(double[][] a, double[] b)
    {
        var n = b.Length;
        for (var i = 0; i < n; i++)
        {
            var diagonal = a[i][i];
            for (var j = 0; j <= i; j++)
            {
                var sum = a[i][j];
                for (var k = 0; k < j; k++)
                {
                    sum -= a[i][k] * a[j][k];
                }

                a[i][j] = j < i ? (a[j][j] > 0 ? sum / a[j][j] : 0) : sum > LeastPivot * diagonal ? Math.Sqrt(sum) : 0;
            }
        }

        var solution = (double[])b.Clone();
        for (var i = 0; i < n; i++)
        {
            for (var k = 0; k < i; k++)
            {
                solution[i] -= a[i][k] * solution[k];
            }

            solution[i] = a[i][i] > 0 ? solution[i] / a[i][i] : 0;
        }

        for (var i = n - 1; i >= 0; i--)
        {
            for (var k = i + 1; k < n; k++)
            {
                solution[i] -= a[k][i] * solution[k];
            }

            solution[i] = a[i][i] > 0 ? solution[i] / a[i][i] : 0;
        }

        return solution;
    }

    private static double Sum(float[] column, double[] counts)
    {
        double sum = 0;
        for (var row = 0; row < column.Length; row++)
        {
            sum += counts[row] * column[row];
        }

        return sum;
    }

    private static double Product(float[] a, double meanA, float[] b, double meanB, double[] counts)
    {
        double sum = 0;
        for (var row = 0; row < a.Length; row++)
        {
            sum += counts[row] * (a[row] - meanA) * (b[row] - meanB);
        }

        return sum;
    }

    private static double Product(float[] a, double meanA, double[] b, double meanB, double[] counts)
    {
        double sum = 0;
        for (var row = 0; row < a.Length; row++)
        {
            sum += counts[row] * (a[row] - meanA) * (b[row] - meanB);
        }

        return sum;
    }
}
