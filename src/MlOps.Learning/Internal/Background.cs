using MlOps.Learning.Internal.Trees;
using MlOps.Scoring;

namespace MlOps.Learning.Internal;

/// <summary>Records how the training rows lie in a predictor, which explanations reckon from.</summary>
internal static class Background
{
    /// <summary>The predictor with the rows' means or, for trees, the number of rows that come to each node.</summary>
    public static Predictor Of(Predictor predictor, FeatureMatrix rows) => predictor switch
    {
        LinearPredictor linear => linear with { Means = Means(rows) },
        TreeEnsemble ensemble => ensemble with { Trees = Counted(ensemble.Trees, rows) },
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // What is no finite number is left out: a mean must be one.
    private static float[] Means(FeatureMatrix rows)
    {
        var sums = new double[rows.Width];
        for (var j = 0; j < rows.Dense.Length; j++)
        {
            foreach (var value in rows.Dense[j])
            {
                sums[j] += float.IsFinite(value) ? value : 0;
            }
        }

        if (rows.Sparse is { } sparse)
        {
            for (var e = 0; e < sparse.RowStart[^1]; e++)
            {
                sums[rows.Dense.Length + sparse.Index[e]] += sparse.Value[e];
            }
        }

        return Array.ConvertAll(sums, sum => (float)(sum / rows.Rows));
    }

    private static List<Tree> Counted(IReadOnlyList<Tree> trees, FeatureMatrix rows)
    {
        var values = new FeatureValues(rows);
        var columns = trees.SelectMany(tree => tree.Feature).Where(feature => feature >= 0).Distinct().ToDictionary(feature => feature, values.Column);
        return [.. trees.Select(tree =>
        {
            var counts = new int[tree.Feature.Length];
            var asked = Array.ConvertAll(tree.Feature, feature => feature < 0 ? [] : columns[feature]);
            for (var row = 0; row < rows.Rows; row++)
            {
                var node = 0;
                for (counts[0]++; tree.Feature[node] >= 0; counts[node]++)
                {
                    node = tree.GoesLeft(node, asked[node][row]) ? tree.Left[node] : tree.Right[node];
                }
            }

            return tree with { Cover = Array.ConvertAll(counts, count => (float)count) };
        })];
    }
}
