using MlOps.Content;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Tests.Learning;

/// <summary>What each option of boosted trees does, by closed forms and by scikit-learn 1.2.1.</summary>
public class TreeOptionsTests
{
    private static readonly BoostedTreesOptions One = new() { Trees = 1, Leaves = 2, LearningRate = 1, MinRows = 1, L2 = 0 };
    private static readonly BoostedTreesOptions AsPeer = new() { Trees = 50, Leaves = 8, MinRows = 20, L2 = 0 };
    private static readonly double[] Steps = [1, 1, 1, 1, 2, 2, 2, 2];

    [Theory]
    [InlineData(RegressionLoss.Absolute, 0.5, 2.5, 25)]
    [InlineData(RegressionLoss.Quantile, 0.75, 3.5, 515)]
    [InlineData(RegressionLoss.Quantile, 0.8, 4, 1000)]
    [InlineData(RegressionLoss.Squared, 0.5, 2.5, 265)]
    [InlineData(RegressionLoss.Poisson, 0.5, 2.5, 265)]
    public void A_leaf_predicts_what_its_loss_asks_for(RegressionLoss loss, double share, float low, float high)
    {
        var train = Rows.Of(Rows.Numbers("x", Steps), Rows.Numbers("y", 1, 2, 3, 4, 10, 20, 30, 1000));
        var model = Rows.Fit(train, Rows.Spec(ModelTask.Regression, "y", One with { Loss = loss, Quantile = share }, ("x", FeatureKind.Numeric)));
        Assert.Equal([low, high], model.Predict(Rows.Of(Rows.Numbers("x", 1, 2))), new Near(1e-4f * high));
    }

    [Fact]
    public void Counts_are_never_predicted_below_0_even_where_all_are_0()
    {
        var train = Rows.Of(Rows.Numbers("x", Steps), Rows.Numbers("y", 0, 0, 0, 0, 8, 4, 8, 4));
        var spec = Rows.Spec(ModelTask.Regression, "y", One with { Loss = RegressionLoss.Poisson, Trees = 50 }, ("x", FeatureKind.Numeric));
        var predicted = Rows.Fit(train, spec).Predict(Rows.Of(Rows.Numbers("x", 1, 2)));
        Assert.InRange(predicted[0], 0, 0.01);
        Assert.Equal(6, predicted[1], 1e-3);
    }

    /// <remarks>
    /// HistGradientBoostingRegressor(loss, max_iter=50, max_leaf_nodes=8, l2_regularization=0, early_stopping=False), for the quantile
    /// GradientBoostingRegressor(loss="quantile", alpha=0.9, n_estimators=50, max_leaf_nodes=8, min_samples_leaf=20), on the same 900 and 300 rows.
    /// </remarks>
    [Theory]
    [InlineData(RegressionLoss.Squared, 0.89331)]
    [InlineData(RegressionLoss.Absolute, 0.66659)]
    [InlineData(RegressionLoss.Poisson, 0.58459)]
    [InlineData(RegressionLoss.Quantile, 0.19607)]
    public void Every_loss_is_as_small_as_the_peers(RegressionLoss loss, double peer)
    {
        var numbers = Rows.Stream(7).Take(1200 * 4).Chunk(4).ToArray();
        var truth = numbers.Select(r => loss == RegressionLoss.Poisson ? Math.Floor(6 * r[0] * r[2]) : (3 * r[0]) + (r[1] > 0.5 ? 2 : 0) + (r[2] * r[3] * 4)).ToArray();
        var all = Rows.Of(Rows.Numbers("a", [.. numbers.Select(r => r[0])]), Rows.Numbers("b", [.. numbers.Select(r => r[1])]), Rows.Numbers("y", truth));
        var options = AsPeer with { Loss = loss, Quantile = 0.9 };
        var model = Rows.Fit(all.Select([.. Enumerable.Range(0, 900)]), Rows.Spec(ModelTask.Regression, "y", options, ("a", FeatureKind.Numeric), ("b", FeatureKind.Numeric)));
        var errors = model.Predict(all.Select([.. Enumerable.Range(900, 300)])).Select((p, i) => (Predicted: (double)p, Truth: truth[900 + i]));
        var mean = errors.Average(e => loss switch
        {
            RegressionLoss.Squared => (e.Predicted - e.Truth) * (e.Predicted - e.Truth),
            RegressionLoss.Absolute => Math.Abs(e.Predicted - e.Truth),
            RegressionLoss.Poisson => e.Predicted - (e.Truth * Math.Log(e.Predicted)),
            _ => e.Truth > e.Predicted ? 0.9 * (e.Truth - e.Predicted) : 0.1 * (e.Predicted - e.Truth),
        });
        Assert.InRange(loss == RegressionLoss.Squared ? Math.Sqrt(mean) : mean, 0, peer * 1.03);
    }

    [Fact]
    public void L1_draws_a_leafs_score_towards_0()
    {
        // The mean is 5: derivatives of ±5 a row, 20 a leaf, of which 8 are taken away.
        var train = Rows.Of(Rows.Numbers("x", Steps), Rows.Numbers("y", 0, 0, 0, 0, 10, 10, 10, 10));
        float[] Fit(double l1) => Rows.Fit(train, Rows.Spec(ModelTask.Regression, "y", One with { L1 = l1 }, ("x", FeatureKind.Numeric))).Predict(Rows.Of(Rows.Numbers("x", 1, 2)));
        Assert.Equal([2f, 8f], Fit(8), new Near(1e-5f));
        Assert.Equal([5f, 5f], Fit(20), new Near(1e-5f));
    }

    [Fact]
    public void No_leaf_is_deeper_than_the_greatest_depth()
    {
        var model = Rows.Fit(Rows.Mixed(3000, 5), Rows.MixedSpec(ModelTask.Regression, new BoostedTreesOptions { Trees = 10, MaxDepth = 3 }));
        Assert.All(((TreeEnsemble)model.Predictor).Trees, tree => Assert.InRange(Depth(tree, 0), 1, 3));
        Assert.Contains(((TreeEnsemble)model.Predictor).Trees, tree => tree.Feature.Count(f => f < 0) == 8);
    }

    [Fact]
    public void Each_round_learns_from_its_share_of_the_rows()
    {
        // A tree's first split is where its own rows are parted best: other rows, other trees.
        var whole = Trees(new());
        var half = Trees(new() { RowShare = 0.5 });
        Assert.NotEqual(whole, half);
        Assert.Equal(half, Trees(new() { RowShare = 0.5 }));
        Assert.NotEqual(half, Trees(new() { RowShare = 0.5, Seed = 1 }));
        Assert.InRange(TestRmse(new() { RowShare = 0.5 }), 0, 1.05 * TestRmse(new()));

        static byte[] Trees(BoostedTreesOptions options) =>
            OnnxModel.Write(Rows.Fit(Rows.Mixed(500, 5), Rows.MixedSpec(ModelTask.Regression, options with { Trees = 5 })));
    }

    [Fact]
    public void Each_tree_uses_its_share_of_the_features()
    {
        var options = new BoostedTreesOptions { Trees = 30, FeatureShare = 0.01 };
        var trees = ((TreeEnsemble)Rows.Fit(Rows.Mixed(2000, 5), Rows.MixedSpec(ModelTask.Regression, options)).Predictor).Trees;
        Assert.All(trees, tree => Assert.Single(tree.Feature.Where(f => f >= 0).Distinct()));
        Assert.InRange(trees.Select(tree => tree.Feature.Max()).Distinct().Count(), 3, 30);
    }

    [Theory]
    [InlineData(ModelTask.Regression)]
    [InlineData(ModelTask.Binary)]
    [InlineData(ModelTask.Multiclass)]
    public void Boosting_stops_early_where_more_trees_learn_noise(ModelTask task)
    {
        var train = Rows.Mixed(600, 9);
        var options = new BoostedTreesOptions { Trees = 2000, MinRows = 2, LearningRate = 0.3, EarlyStopping = new() { Rounds = 10, Share = 0.3 } };
        var spec = Rows.MixedSpec(task, options);
        Assert.InRange(((TreeEnsemble)Rows.Fit(train, spec).Predictor).Trees.Count, 1, 300);

        // Looking one round further finds no better one, and does not keep them.
        var further = Rows.MixedSpec(task, options with { EarlyStopping = options.EarlyStopping with { Rounds = 11 } });
        Assert.Equal(OnnxModel.Write(Rows.Fit(train, spec)), OnnxModel.Write(Rows.Fit(train, further)));
    }

    /// <remarks>Each group has a label of its own, and x knows the group: trees that know other rows of a group do ever better on its rows, and on those of others no better.</remarks>
    [Fact]
    public void Early_stopping_looks_at_whole_groups_where_the_split_is_by_group()
    {
        int[] groups = [.. Enumerable.Range(0, 2000).Select(row => row % 100)];
        double[] labels = [.. Rows.Stream(3).Take(100)];
        var train = Rows.Of(
            Rows.Numbers("x", [.. groups.Select((group, row) => group + (row / 1e4))]), Rows.Numbers("y", [.. groups.Select(group => labels[group])]),
            Rows.Texts("group", [.. groups.Select(group => $"g{group}")]));
        Assert.InRange(TreesOf(train, null), 60, 200);
        Assert.InRange(TreesOf(train, new(SplitBy.Group, "group")), 0, 20);
    }

    /// <remarks>What x says turns round in the last tenth of the rows.</remarks>
    [Fact]
    public void Early_stopping_looks_at_the_last_rows_where_the_split_is_by_time()
    {
        double[] x = [.. Rows.Stream(4).Take(2000)];
        var train = Rows.Of(Rows.Numbers("x", x), Rows.Numbers("y", [.. x.Select((value, row) => row < 1800 ? value : 1 - value)]), Rows.Numbers("day", [.. x.Select((_, row) => (double)row)]));
        Assert.InRange(TreesOf(train, null), 20, 200);
        Assert.Equal(1, TreesOf(train, new(SplitBy.Time, "day")));
    }

    [Fact]
    public void Early_stopping_without_a_second_group_is_refused()
    {
        double[] x = [.. Rows.Stream(4).Take(100)];
        var train = Rows.Of(Rows.Numbers("x", x), Rows.Numbers("y", x), Rows.Texts("group", [.. x.Select(_ => "g")]));
        var failure = Assert.Throws<DiagnosticException>(() => TreesOf(train, new(SplitBy.Group, "group")));
        Assert.Equal("MLO6072", Assert.Single(failure.Diagnostics).Code);
        Assert.Contains("'group'", failure.Diagnostics[0].Why!, StringComparison.Ordinal);
    }

    private static int TreesOf(Frame train, SplitSpec? split)
    {
        var options = new BoostedTreesOptions { Trees = 200, MinRows = 1, EarlyStopping = new() { Rounds = 10 } };
        return ((TreeEnsemble)Rows.Fit(train, Rows.Spec(ModelTask.Regression, "y", options, ("x", FeatureKind.Numeric)) with { Folds = split }).Predictor).Trees.Count;
    }

    [Theory]
    [InlineData(ModelTask.Regression, RegressionLoss.Squared)]
    [InlineData(ModelTask.Regression, RegressionLoss.Absolute)]
    [InlineData(ModelTask.Regression, RegressionLoss.Quantile)]
    [InlineData(ModelTask.Regression, RegressionLoss.Poisson)]
    [InlineData(ModelTask.Binary, RegressionLoss.Squared)]
    [InlineData(ModelTask.Multiclass, RegressionLoss.Squared)]
    public void A_row_of_weight_3_is_a_row_that_stands_thrice(ModelTask task, RegressionLoss loss)
    {
        var options = new BoostedTreesOptions { Trees = 5, Leaves = 6, MinRows = 1, MinHessian = 0, L2 = 0, Loss = loss, Quantile = 0.3 };
        
        // Few enough that every value has its bin.
        var once = Rows.Mixed(200, 4);
        double[] weights = [.. Enumerable.Range(0, 200).Select(i => (double)((i % 3) + 1))];
        int[] thrice = [.. Enumerable.Range(0, 200).SelectMany(i => Enumerable.Repeat(i, (int)weights[i]))];
        var weighted = new Frame([.. once.Columns, Rows.Numbers("w", [.. weights.Select(w => w * 1e300)])]);
        LearningSpec spec = Rows.Spec(task, task switch { ModelTask.Regression => "number", ModelTask.Binary => "two", _ => "three" }, options,
            ("a", FeatureKind.Numeric), ("b", FeatureKind.Numeric), ("t", FeatureKind.Timestamp));

        var expected = Rows.Fit(once.Select(thrice), spec).Predict(once);

        Assert.Equal(expected, Rows.Fit(weighted, spec with { Weight = "w" }).Predict(once), new Near(1e-4f));
        Assert.NotEqual(expected, Rows.Fit(once, spec).Predict(once), new Near(1e-4f));
    }

    [Theory]
    [InlineData(ModelTask.Regression, RegressionLoss.Squared, MonotoneDirection.Increasing)]
    [InlineData(ModelTask.Regression, RegressionLoss.Poisson, MonotoneDirection.Increasing)]
    [InlineData(ModelTask.Regression, RegressionLoss.Squared, MonotoneDirection.Decreasing)]
    [InlineData(ModelTask.Binary, RegressionLoss.Squared, MonotoneDirection.Increasing)]
    public void Predictions_keep_to_the_direction_asked_for(ModelTask task, RegressionLoss loss, MonotoneDirection direction)
    {
        var train = Rows.Mixed(2000, 6);
        float[] Along(Dictionary<string, MonotoneDirection>? monotone)
        {
            var spec = Rows.MixedSpec(task, new BoostedTreesOptions { Trees = 60, MinRows = 5, Loss = loss, Monotone = monotone });
            var model = Rows.Fit(train, spec);
            double[] a = [.. Enumerable.Range(0, 200).Select(i => i / 200.0)];

            // Several rows, each with its feature moved over the whole range.
            return [.. Enumerable.Range(0, 10).SelectMany(row =>
            {
                var other = train.Select([.. Enumerable.Repeat(row, a.Length)]);
                var moved = new Frame([Rows.Numbers("a", a), .. other.Columns.Where(c => c.Name != "a")]);
                var predicted = model.Predict(moved);
                return Enumerable.Range(1, a.Length - 1).Select(i => task == ModelTask.Binary
                    ? predicted[(2 * i) + 1] - predicted[(2 * i) - 1] : predicted[i] - predicted[i - 1]);
            })];
        }

        var sign = direction == MonotoneDirection.Increasing ? 1 : -1;
        Assert.All(Along(new() { ["a"] = direction }), step => Assert.True(sign * step >= 0, $"{step}"));
        Assert.Contains(Along(null), step => sign * step < 0);
    }

    public static TheoryData<string, string, LearningSpec> Wrong()
    {
        static LearningSpec Spec(ModelTask task, TrainerOptions options, string? weight = null) => Rows.MixedSpec(task, options) with { Weight = weight };
        static BoostedTreesOptions Monotone(string column) => new() { Monotone = new() { [column] = MonotoneDirection.Increasing } };
        return new()
        {
            { "MLO6001", "'trees'", Spec(ModelTask.Regression, new BoostedTreesOptions { Trees = 0 }) },
            { "MLO6001", "'learningRate'", Spec(ModelTask.Regression, new BoostedTreesOptions { LearningRate = -0.1 }) },
            { "MLO6001", "'learningRate'", Spec(ModelTask.Regression, new BoostedTreesOptions { LearningRate = double.NaN }) },
            { "MLO6001", "'rowShare'", Spec(ModelTask.Regression, new BoostedTreesOptions { RowShare = 0 }) },
            { "MLO6001", "'quantile'", Spec(ModelTask.Regression, new BoostedTreesOptions { Quantile = 1 }) },
            { "MLO6001", "'earlyStopping.share'", Spec(ModelTask.Regression, new BoostedTreesOptions { EarlyStopping = new() { Share = 0 } }) },
            { "MLO6001", "'bins'", Spec(ModelTask.Regression, new BoostedTreesOptions { Bins = 256 }) },
            { "MLO6019", "'poisson'", Spec(ModelTask.Binary, new BoostedTreesOptions { Loss = RegressionLoss.Poisson }) },
            { "MLO6018", "is no feature", Spec(ModelTask.Regression, Monotone("z")) },
            { "MLO6018", "has no order", Spec(ModelTask.Regression, Monotone("c")) },
            { "MLO6018", "several classes", Spec(ModelTask.Multiclass, Monotone("a")) },
            { "MLO6018", "'absolute'", Spec(ModelTask.Regression, Monotone("a") with { Loss = RegressionLoss.Absolute }) },
            { "MLO6009", "training row 2", Spec(ModelTask.Regression, new BoostedTreesOptions { Loss = RegressionLoss.Poisson }) with { Label = "below" } },
            { "MLO6016", "not a column", Spec(ModelTask.Regression, new BoostedTreesOptions(), "wieght") },
            { "MLO6016", "has no numbers", Spec(ModelTask.Regression, new BoostedTreesOptions(), "two") },
            { "MLO6017", "training row 2 is empty", Spec(ModelTask.Regression, new BoostedTreesOptions(), "holes") },
            { "MLO6017", "training row 2 is -1", Spec(ModelTask.Regression, new BoostedTreesOptions(), "below") },
        };
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_cannot_be_is_told(string code, string text, LearningSpec spec)
    {
        var mixed = Rows.Mixed(50, 1);
        var train = new Frame([.. mixed.Columns, Rows.Numbers("below", [1, -1, .. Enumerable.Repeat(2.0, 48)]), Rows.Numbers("holes", [1, double.NaN, .. Enumerable.Repeat(2.0, 48)])]);
        var told = Assert.Throws<DiagnosticException>(() => Rows.Fit(train, spec));
        Assert.Contains(told.Diagnostics, d => d.Code == code && $"{d.What} {d.Why}".Contains(text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1e-300, 1e300)]
    [InlineData(double.Epsilon, double.MaxValue)]
    public void Weights_of_any_size_are_learnt_from(double small, double large)
    {
        // The heavy rows alone decide.
        var train = Rows.Of(Rows.Numbers("x", 1, 1, 2, 2), Rows.Numbers("y", 5, 0, 9, 3), Rows.Numbers("w", large, small, large, small));
        var spec = Rows.Spec(ModelTask.Regression, "y", One with { MinHessian = 0 }, ("x", FeatureKind.Numeric)) with { Weight = "w" };
        Assert.Equal([5f, 9f], Rows.Fit(train, spec).Predict(Rows.Of(Rows.Numbers("x", 1, 2))), new Near(1e-4f));
    }

    [Fact]
    public void Features_that_say_nothing_or_are_infinite_do_no_harm()
    {
        double[] x = [.. Enumerable.Range(0, 40).Select(i => (double)(i % 7))];
        var train = Rows.Of(Rows.Numbers("x", x), Rows.Numbers("none", [.. x.Select(_ => double.NaN)]), Rows.Numbers("same", [.. x.Select(_ => 3.0)]),
            Rows.Numbers("ends", [.. x.Select((_, i) => i % 3 == 0 ? double.PositiveInfinity : i % 3 == 1 ? double.NegativeInfinity : double.NaN)]),
            Rows.Numbers("y", [.. x.Select((v, i) => v + (i % 3))]));
        var options = new BoostedTreesOptions { Trees = 300, MinRows = 1, L2 = 0, Bins = 255 };
        var model = Rows.Fit(train, Rows.Spec(ModelTask.Regression, "y", options,
            ("x", FeatureKind.Numeric), ("none", FeatureKind.Numeric), ("same", FeatureKind.Numeric), ("ends", FeatureKind.Numeric)));
        Assert.Equal(((NumberColumn)train["y"]).Values.Select(v => (float)v), model.Predict(train), new Near(0.01f));
    }

    [Fact]
    public void Options_beyond_what_few_rows_can_give_still_predict()
    {
        var train = Rows.Of(Rows.Numbers("x", 1, 2), Rows.Numbers("y", 0, 1));
        foreach (var loss in Enum.GetValues<RegressionLoss>())
        {
            var options = new BoostedTreesOptions { Loss = loss, RowShare = 0.01, FeatureShare = 0.001, EarlyStopping = new() { Share = 0.5 }, MaxDepth = 1000, Leaves = 4096 };
            Assert.All(Rows.Fit(train, Rows.Spec(ModelTask.Regression, "y", options, ("x", FeatureKind.Numeric))).Predict(train), p => Assert.InRange(p, 0, 1));
        }
    }

    private static double TestRmse(BoostedTreesOptions options)
    {
        var model = Rows.Fit(Rows.Mixed(2000, 5), Rows.MixedSpec(ModelTask.Regression, options));
        var test = Rows.Mixed(1000, 6);
        return Metrics.Evaluate(model.Signature, new Scorer(model).Predict(test), test)["rmse"]!.Value;
    }

    private static int Depth(Tree tree, int node) => tree.Feature[node] < 0 ? 0 : 1 + Math.Max(Depth(tree, tree.Left[node]), Depth(tree, tree.Right[node]));
}
