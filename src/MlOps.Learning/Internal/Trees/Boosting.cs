using MlOps.Scoring;

namespace MlOps.Learning.Internal.Trees;

/// <summary>Gradient boosting with Newton steps (Friedman 2001; Chen and Guestrin 2016): each round's trees follow the derivatives of the loss.</summary>
internal static class Boosting
{
    public static TreeEnsemble Fit(FeatureMatrix features, Labels labels, BoostedTreesOptions options, Workers workers, LearningProgress? progress)
    {
        progress?.Invoke("bin", 0, 1);
        using var rows = BinnedRows.Of(features, options.Bins, workers);
        using var derivatives = new Derivatives(features.Rows);
        using var grower = new TreeGrower(rows, derivatives, options, workers);
        progress?.Invoke("bin", 1, 1);

        var loss = Loss.Of(labels, workers);
        var trees = new List<Tree>();
        for (var round = 0; round < options.Trees; round++)
        {
            progress?.Invoke("trees", round, options.Trees);
            loss.StartRound();
            var before = trees.Count;
            for (var k = 0; k < loss.Outputs; k++)
            {
                if (loss.Differentiate(k, derivatives) && grower.Grow(k) is { } tree)
                {
                    grower.AddScores(loss.Raw[k]);
                    trees.Add(tree);
                }
            }

            // Nothing changed, so nothing ever will.
            if (trees.Count == before)
            {
                break;
            }
        }

        progress?.Invoke("trees", options.Trees, options.Trees);
        return new(loss.Link, loss.BaseScores, trees);
    }
}
