using MlOps.Scoring;

namespace MlOps.Learning.Internal.Linear;

/// <summary>Mean loss plus penalty, and its gradient, over all weights (output by output) and then the intercepts.</summary>
/// <remarks>Rows are summed in blocks whose bounds depend on the data's size only, and the blocks in order: the same bits whatever the threads.</remarks>
internal sealed class LinearObjective
{
    private const int LeastRowsPerBlock = 1024;
    private const int MostBlocks = 64;
    private const long MostPartialSums = 1 << 24;
    private const int RowsAtOnce = 256;

    private readonly FeatureMatrix _features;
    private readonly RowLoss _loss;
    private readonly double _l2;
    private readonly Workers _workers;
    private readonly double[][] _partial;
    private readonly double[] _losses;

    public LinearObjective(FeatureMatrix features, RowLoss loss, double l2, Workers workers)
    {
        (_features, _loss, _l2, _workers) = (features, loss, l2, workers);
        var blocks = (int)Math.Clamp(Math.Min(MostPartialSums / Math.Max(1, Length), features.Rows / LeastRowsPerBlock), 1, MostBlocks);
        _losses = new double[blocks];
        _partial = [.. Enumerable.Range(0, blocks).Select(_ => new double[Length])];
    }

    private int Length => _loss.Outputs * (_features.Width + 1);

    /// <summary>All zeros.</summary>
    public double[] Start() => new double[Length];

    /// <summary>The value at a point; sets the gradient there.</summary>
    public double Evaluate(double[] point, double[] gradient)
    {
        var blocks = _partial.Length;
        _workers.For(blocks, b =>
        {
            Array.Clear(_partial[b]);
            _losses[b] = Block((int)((long)_features.Rows * b / blocks), (int)((long)_features.Rows * (b + 1) / blocks), point, _partial[b]);
        });
        Array.Clear(gradient);
        double value = 0;
        for (var b = 0; b < blocks; b++)
        {
            value += _losses[b];
            for (var j = 0; j < gradient.Length; j++)
            {
                gradient[j] += _partial[b][j];
            }
        }

        double penalty = 0;
        var weights = _loss.Outputs * _features.Width;
        for (var j = 0; j < gradient.Length; j++)
        {
            if (j < weights)
            {
                penalty += point[j] * point[j];
                gradient[j] += _l2 * point[j];
            }

            gradient[j] /= _features.Rows;
        }

        return (value + (0.5 * _l2 * penalty)) / _features.Rows;
    }

    private double Block(int from, int to, double[] point, double[] gradient)
    {
        double[][] scores = [.. Enumerable.Range(0, _loss.Outputs).Select(_ => new double[RowsAtOnce])];
        double loss = 0;
        for (var row = from; row < to; row += RowsAtOnce)
        {
            var rows = Math.Min(RowsAtOnce, to - row);
            for (var k = 0; k < scores.Length; k++)
            {
                Score(row, scores[k].AsSpan(0, rows), point.AsSpan(k * _features.Width, _features.Width), point[(_loss.Outputs * _features.Width) + k]);
            }

            loss += _loss.Differentiate(row, scores, rows);
            for (var k = 0; k < scores.Length; k++)
            {
                gradient[(_loss.Outputs * _features.Width) + k] += Collect(row, scores[k].AsSpan(0, rows),
                    gradient.AsSpan(k * _features.Width, _features.Width));
            }
        }

        return loss;
    }

    private void Score(int firstRow, Span<double> scores, ReadOnlySpan<double> weights, double intercept)
    {
        scores.Fill(intercept);
        var dense = _features.Dense;
        for (var j = 0; j < dense.Length; j++)
        {
            var column = dense[j].AsSpan(firstRow, scores.Length);
            var weight = weights[j];
            for (var i = 0; i < column.Length; i++)
            {
                scores[i] += weight * column[i];
            }
        }

        if (_features.Sparse is { } sparse)
        {
            weights = weights[dense.Length..];
            for (var i = 0; i < scores.Length; i++)
            {
                var sum = scores[i];
                for (var e = sparse.RowStart[firstRow + i]; e < sparse.RowStart[firstRow + i + 1]; e++)
                {
                    sum += weights[sparse.Index[e]] * sparse.Value[e];
                }

                scores[i] = sum;
            }
        }
    }

    // Adds each feature's derivative and returns the intercept's.
    private double Collect(int firstRow, ReadOnlySpan<double> derivatives, Span<double> gradient)
    {
        double all = 0;
        foreach (var derivative in derivatives)
        {
            all += derivative;
        }

        var dense = _features.Dense;
        for (var j = 0; j < dense.Length; j++)
        {
            var column = dense[j].AsSpan(firstRow, derivatives.Length);
            double sum = 0;
            for (var i = 0; i < column.Length; i++)
            {
                sum += derivatives[i] * column[i];
            }

            gradient[j] += sum;
        }

        if (_features.Sparse is { } sparse)
        {
            gradient = gradient[dense.Length..];
            for (var i = 0; i < derivatives.Length; i++)
            {
                for (var e = sparse.RowStart[firstRow + i]; e < sparse.RowStart[firstRow + i + 1]; e++)
                {
                    gradient[sparse.Index[e]] += derivatives[i] * sparse.Value[e];
                }
            }
        }

        return all;
    }
}
