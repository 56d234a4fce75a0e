using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Tests.Learning.Tuning;

public sealed class CrossValidationTests
{
    [Fact]
    public void A_fold_scores_what_a_line_through_the_other_rows_misses()
    {
        // Least squares without penalty: through (0,0), (1,1) the line is y = x, which misses (2,4), (3,3) by 2 and 0: √(4/2).
        // Through (2,4), (3,3) it is y = 6 − x, which misses (0,0), (1,1) by 6 and 4: √(52/2).
        var rows = Rows.Of(Rows.Numbers("x", 0, 1, 2, 3), Rows.Numbers("y", 0, 1, 4, 3));
        var scores = CrossValidation.Scores(rows, [new([0, 1], [2, 3]), new([2, 3], [0, 1])], (Line(0), "rmse"), 1, null, 1, default);
        Assert.Equal(Math.Sqrt(2), scores[0]!.Value, 1e-6);
        Assert.Equal(Math.Sqrt(26), scores[1]!.Value, 1e-6);
        Assert.Equal((Math.Sqrt(2) + Math.Sqrt(26)) / 2, CrossValidation.Mean(scores)!.Value, 1e-6);
        Assert.Equal((Math.Sqrt(26) - Math.Sqrt(2)) / Math.Sqrt(2), CrossValidation.Spread(scores)!.Value, 1e-6);
    }

    [Fact]
    public void A_fold_without_a_value_leaves_no_mean()
    {
        Assert.Null(CrossValidation.Mean([0.5, null]));
        Assert.Null(CrossValidation.Spread([0.5, null]));
        Assert.Equal(0.75, CrossValidation.Mean([0.5, 1]));
    }

    [Theory]
    [InlineData(ModelTask.Regression, "rmse")]
    [InlineData(ModelTask.Binary, "auc")]
    [InlineData(ModelTask.Multiclass, "logLoss")]
    public void Threads_change_no_score(ModelTask task, string metric)
    {
        var rows = Rows.Mixed(400, 5);
        var spec = Rows.MixedSpec(task, new BoostedTreesOptions { Trees = 10, RowShare = 0.7 });
        var folds = Folds.Of(rows, SplitBy.Hash, null, 3);
        Assert.Equal(CrossValidation.Scores(rows, folds, (spec, metric), 1, null, 1, default), CrossValidation.Scores(rows, folds, (spec, metric), 1, null, 4, default));
    }

    [Fact]
    public void A_share_of_the_rows_is_learnt_from_and_all_are_measured()
    {
        var rows = Rows.Mixed(400, 6);
        var spec = Rows.MixedSpec(ModelTask.Regression, new BoostedTreesOptions { Trees = 5 });
        var folds = Folds.Of(rows, SplitBy.Hash, null, 3);
        var (all, some) = (CrossValidation.Scores(rows, folds, (spec, "rmse"), 1, null, 1, default), CrossValidation.Scores(rows, folds, (spec, "rmse"), 0.2, null, 1, default));
        Assert.True(CrossValidation.Mean(some) > CrossValidation.Mean(all));
    }

    private static LearningSpec Line(double l2) => Rows.Spec(ModelTask.Regression, "y", new LinearOptions { L2 = l2 }, ("x", FeatureKind.Numeric));
}
