using System.Buffers;

namespace MlOps.Scoring.Internal;

/// <summary>Computes raw scores, in double, in one fixed order per row whatever the number of rows.</summary>
internal abstract class RawScores
{
    /// <summary>Rows that are scored together: few enough to stay in the cache while the trees pass, enough to pay for the trees' passing.</summary>
    public const int BlockRows = 256;

    public static RawScores For(Predictor predictor) => predictor switch
    {
        LinearPredictor linear => new LinearScores(linear),
        TreeEnsemble ensemble => new TreeScores(ensemble),
        _ => throw new ArgumentException($"unknown predictor {predictor.GetType().Name}", nameof(predictor)),
    };

    /// <summary>The raw scores of the rows from <paramref name="first"/> on, row-major; as many as there is room for.</summary>
    public abstract void Compute(FeatureMatrix features, int first, Span<double> scores);
}

internal sealed class LinearScores(LinearPredictor predictor) : RawScores
{
    public override void Compute(FeatureMatrix features, int first, Span<double> scores)
    {
        var outputs = predictor.Weights.Length;
        var rows = scores.Length / outputs;
        for (var k = 0; k < outputs; k++)
        {
            var weights = predictor.Weights[k];
            for (var r = 0; r < rows; r++)
            {
                var score = (double)predictor.Intercepts[k];
                for (var j = 0; j < features.Dense.Length; j++)
                {
                    score += (double)weights[j] * features.Dense[j][first + r];
                }

                if (features.Sparse is { } sparse)
                {
                    for (var e = sparse.RowStart[first + r]; e < sparse.RowStart[first + r + 1]; e++)
                    {
                        score += (double)weights[features.Dense.Length + sparse.Index[e]] * sparse.Value[e];
                    }
                }

                scores[(r * outputs) + k] = score;
            }
        }
    }
}

internal sealed class TreeScores : RawScores
{
    private readonly float[] _base;
    private readonly FlatTrees _trees;

    public TreeScores(TreeEnsemble ensemble) => (_base, _trees) = (ensemble.BaseScores, new(ensemble));

    public override void Compute(FeatureMatrix features, int first, Span<double> scores)
    {
        var outputs = _base.Length;
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = _base[i % outputs];
        }

        var rows = scores.Length / outputs;
        var buffer = ArrayPool<int>.Shared.Rent(rows * _trees.Width);
        var block = buffer.AsSpan(0, rows * _trees.Width);
        Gather(features, first, rows, block);
        _trees.AddTo(block, scores, outputs);
        ArrayPool<int>.Shared.Return(buffer);
    }

    private void Gather(FeatureMatrix features, int first, int rows, Span<int> block)
    {
        var (slots, width) = (_trees.Slots, _trees.Width);
        var dense = 0;
        for (; dense < slots.Length && slots[dense].Feature < features.Dense.Length; dense++)
        {
            var feature = features.Dense[slots[dense].Feature];
            for (var r = 0; r < rows; r++)
            {
                block[(r * width) + dense] = slots[dense].Key(feature[first + r]);
            }
        }

        for (var r = 0; dense < slots.Length && r < rows; r++)
        {
            Scatter(features, first + r, slots.AsSpan(dense), block.Slice((r * width) + dense, slots.Length - dense));
        }
    }

    // Both ascend: one walk finds the features that the row has; the others are 0, whose key is 0; no set asks for a term.
    private static void Scatter(FeatureMatrix features, int row, ReadOnlySpan<FlatTrees.Slot> slots, Span<int> keys)
    {
        keys.Clear();
        var sparse = features.Sparse!;
        for (int e = sparse.RowStart[row], i = 0; e < sparse.RowStart[row + 1]; e++)
        {
            var feature = features.Dense.Length + sparse.Index[e];
            while (i < slots.Length && slots[i].Feature < feature)
            {
                i++;
            }

            for (; i < slots.Length && slots[i].Feature == feature; i++)
            {
                keys[i] = slots[i].Key(sparse.Value[e]);
            }
        }
    }
}
