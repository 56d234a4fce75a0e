using MlOps.Scoring;

namespace MlOps.Learning.Internal.Trees;

/// <summary>Gradient boosting with Newton steps (Friedman 2001; Chen and Guestrin 2016): each round's trees follow the derivatives of the loss.</summary>
internal static class Boosting
{
    /// <param name="directions">Per feature of the matrix 1 where predictions may only rise with it, −1 where they may only fall, else 0; null for none.</param>
    /// <param name="categories">Per feature of the matrix how many categories it numbers from 0 on, 0 for one with an order.</param>
    public static TreeEnsemble Fit(FeatureMatrix features, Training training, BoostedTreesOptions options, sbyte[]? directions, int[] categories)
    {
        var (truth, workers, progress) = (training.Truth, training.Workers, training.Progress);
        progress?.Invoke("bin", 0, 1);
        using var rows = BinnedRows.Of(features, options.Bins, categories, workers);
        using var derivatives = new Derivatives(features.Rows);
        using var grower = new TreeGrower(rows, derivatives, options, directions is null ? null : [.. rows.Features.Select(f => directions[f])], workers);
        progress?.Invoke("bin", 1, 1);

        var loss = Loss.Of(truth, options, workers);
        var sampling = new Sampling(options, training);
        var trees = new List<Tree>();
        var best = (Loss: double.PositiveInfinity, Round: 0, Trees: 0);
        for (var round = 0; round < options.Trees; round++)
        {
            progress?.Invoke("trees", round, options.Trees);
            loss.StartRound();
            var learnt = sampling.Rows(round);
            var before = trees.Count;
            for (var k = 0; k < loss.Outputs; k++)
            {
                var allowed = sampling.Features((round * loss.Outputs) + k, rows.Features.Length);
                if (loss.Differentiate(k, derivatives) && grower.Grow(k, loss, learnt, allowed) is { } tree)
                {
                    grower.AddScores(loss.Raw[k]);
                    trees.Add(tree);
                }
            }

            // Nothing changed, so nothing ever will, unless by chance.
            if (trees.Count == before && options is { RowShare: 1, FeatureShare: 1 })
            {
                break;
            }

            if (sampling.Validation is { Length: > 0 } validation)
            {
                var mean = loss.Mean(validation);
                if (mean < best.Loss)
                {
                    best = (mean, round, trees.Count);
                }
                else if (round - best.Round >= options.EarlyStopping!.Rounds)
                {
                    break;
                }
            }
        }

        progress?.Invoke("trees", options.Trees, options.Trees);
        return new(loss.Link, loss.BaseScores, sampling.Validation.Length > 0 ? [.. trees.Take(best.Trees)] : trees);
    }
}
