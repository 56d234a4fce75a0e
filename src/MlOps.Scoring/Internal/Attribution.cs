namespace MlOps.Scoring.Internal;

/// <summary>Divides raw scores among columns.</summary>
internal abstract class Attribution
{
    /// <summary>The expected raw scores, before any feature is known.</summary>
    public abstract double[] BaseValues { get; }

    /// <summary>Adds every row's contributions, rows × raw scores × columns.</summary>
    public abstract void AddTo(FeatureMatrix features, double[] contributions);
}

/// <summary>Of a weighted sum: each weight times its feature's distance from the mean.</summary>
internal sealed class LinearAttribution : Attribution
{
    private readonly float[][] _weights;
    private readonly int[] _columns;

    // What the means alone contribute: raw scores × columns.
    private readonly double[] _means;

    public LinearAttribution(LinearPredictor predictor, int[] columns, int count)
    {
        (_weights, _columns) = (predictor.Weights, columns);
        _means = new double[_weights.Length * count];
        BaseValues = Array.ConvertAll(predictor.Intercepts, intercept => (double)intercept);
        for (var k = 0; k < _weights.Length; k++)
        {
            for (var j = 0; j < columns.Length; j++)
            {
                var mean = (double)_weights[k][j] * predictor.Means[j];
                _means[(k * count) + columns[j]] += mean;
                BaseValues[k] += mean;
            }
        }
    }

    public override double[] BaseValues { get; }

    public override void AddTo(FeatureMatrix features, double[] contributions)
    {
        var (dense, count) = (features.Dense, _means.Length / _weights.Length);
        for (var r = 0; r < features.Rows; r++)
        {
            for (var k = 0; k < _weights.Length; k++)
            {
                var row = contributions.AsSpan(((r * _weights.Length) + k) * count, count);
                for (var j = 0; j < dense.Length; j++)
                {
                    row[_columns[j]] += (double)_weights[k][j] * dense[j][r];
                }

                if (features.Sparse is { } sparse)
                {
                    for (var e = sparse.RowStart[r]; e < sparse.RowStart[r + 1]; e++)
                    {
                        var j = dense.Length + sparse.Index[e];
                        row[_columns[j]] += (double)_weights[k][j] * sparse.Value[e];
                    }
                }

                for (var c = 0; c < count; c++)
                {
                    row[c] -= _means[(k * count) + c];
                }
            }
        }
    }
}
