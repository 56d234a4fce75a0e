using MlOps.Data;
using MlOps.Learning;
using MlOps.Learning.Internal.Encoders;
using MlOps.Scoring;
using Labels = MlOps.Learning.Internal.Labels;

namespace MlOps.Tests.Learning;

/// <summary>The mean label of a category, which no training row's own label enters.</summary>
public sealed class TargetStatisticsTests
{
    [Fact]
    public void Scoring_takes_the_mean_over_all_training_rows_drawn_towards_that_of_all()
    {
        var train = Rows.Of(Rows.Texts("x", "a", "a", "a", "b", null, null), Rows.Numbers("y", 1, 2, 6, 10, 5, 6));
        var encoder = (OrdinalEncoder)Assert.Single(Fit(train, ModelTask.Regression).Encoders);

        // The mean of all is 5.
        Assert.Equal(["a", "b"], encoder.Categories);
        Assert.Equal([(9 + 50) / 13f, (10 + 50) / 11f], encoder.Values);
        Assert.Equal(((11 + 50) / 12f, 5f), (encoder.Missing, encoder.Unknown));
    }

    [Fact]
    public void Of_several_classes_each_has_a_feature()
    {
        var train = Rows.Of(Rows.Texts("x", "a", "a", "b", "b"), Rows.Texts("y", "p", "q", "r", "r"));
        var encoders = Fit(train, ModelTask.Multiclass).Encoders.Cast<OrdinalEncoder>().ToArray();
        Assert.Equal([(1 + 2.5f) / 12, (0 + 2.5f) / 12], encoders[0].Values);
        Assert.Equal([(0 + 5f) / 12, (2 + 5f) / 12], encoders[2].Values);
        Assert.Equal(3, encoders.Length);
    }

    [Fact]
    public void A_training_row_takes_the_mean_over_the_rows_of_other_folds()
    {
        var train = Random(400, categories: 6, seed: 3);
        var spec = Spec(train, ModelTask.Binary);
        var (folds, feature) = (TargetStatistics.Folds(train, spec), Fit(train, ModelTask.Binary).Matrix.Dense[0]);
        double[] truth = [.. Enumerable.Range(0, 400).Select(r => train["y"].Text(r) == "yes" ? 1.0 : 0)];
        Assert.Equal([0, 1, 2, 3, 4], folds.Distinct().Order());
        for (var row = 0; row < 400; row++)
        {
            int[] others = [.. Enumerable.Range(0, 400).Where(r => folds[r] != folds[row] && train["x"].Text(r) == train["x"].Text(row))];
            Assert.Equal((others.Sum(r => truth[r]) + (10 * truth.Average())) / (others.Length + 10), feature[row], 1e-6);
        }
    }

    [Fact]
    public void A_category_of_nearly_every_row_its_own_tells_the_training_rows_nothing()
    {
        var train = Random(4000, categories: 2000, seed: 5);
        var fit = Fit(train, ModelTask.Binary);
        var leaking = FeatureEncoding.Encode(fit.Encoders, train).Dense[0];
        Assert.InRange(Auc(fit.Matrix.Dense[0], train), 0.46, 0.54);
        Assert.True(Auc(leaking, train) > 0.85);

        var trees = Rows.Fit(train, Spec(train, ModelTask.Binary) with { Trainer = new BoostedTreesOptions { Trees = 30 } });
        var test = Random(2000, categories: 2000, seed: 6);
        Assert.InRange(Auc([.. trees.Predict(test).Where((_, i) => i % 2 == 1)], test), 0.45, 0.55);
    }

    [Fact]
    public void Equal_rows_do_not_tell_the_opposite_of_their_label()
    {
        // Two categories and two labels: by content alone all "a" with "yes" would be in one fold.
        var texts = Enumerable.Range(0, 400).Select(i => i % 2 == 0 ? "a" : "b").ToArray();
        var labels = Enumerable.Range(0, 400).Select(i => (i % 20 < 16) == (i % 2 == 0) ? "yes" : "no").ToArray();
        var train = Rows.Of(Rows.Texts("x", texts), Rows.Texts("y", labels));
        var fit = Fit(train, ModelTask.Binary);
        Assert.Equal(Auc(FeatureEncoding.Encode(fit.Encoders, train).Dense[0], train), Auc(fit.Matrix.Dense[0], train), 0.05);
    }

    [Fact]
    public void Rows_of_a_key_that_the_split_keeps_together_are_in_one_fold()
    {
        var random = new Random(9);
        var keys = Enumerable.Range(0, 300).Select(_ => "k" + random.Next(40)).ToArray();
        var rows = Random(300, categories: 5, seed: 9);
        var train = Rows.Of(rows["x"], rows["y"], Rows.Texts("key", keys));
        var folds = TargetStatistics.Folds(train, Spec(train, ModelTask.Binary) with { Folds = new(SplitBy.Group, "key") });
        Assert.All(keys.Zip(folds).GroupBy(pair => pair.First), group => Assert.Single(group.Select(pair => pair.Second).Distinct()));
        Assert.True(folds.Distinct().Count() > 3);
    }

    [Fact]
    public void The_order_of_the_rows_moves_no_row_to_another_fold()
    {
        var train = Random(200, categories: 150, seed: 4);
        int[] reversed = [.. Enumerable.Range(0, 200).Reverse()];
        var spec = Spec(train, ModelTask.Binary);
        Assert.Equal(Content(train, TargetStatistics.Folds(train, spec)), Content(train.Select(reversed), TargetStatistics.Folds(train.Select(reversed), spec)));

        static IEnumerable<string> Content(Frame rows, int[] folds) => folds.Select((fold, r) => $"{rows["x"].Text(r)} {rows["y"].Text(r)} {fold}").Order(StringComparer.Ordinal);
    }

    private static Frame Random(int rows, int categories, int seed)
    {
        var random = new Random(seed);
        return Rows.Of(Rows.Texts("x", [.. Enumerable.Range(0, rows).Select(_ => "c" + random.Next(categories))]), Rows.Texts("y", [.. Enumerable.Range(0, rows).Select(_ => random.Next(2) == 0 ? "yes" : "no")]));
    }

    private static LearningSpec Spec(Frame train, ModelTask task) => new(task, train.Columns[1].Name, null, [new("x", new CategoricalFeature { Encode = CategoryEncoding.Target })], new BoostedTreesOptions());

    private static TrainingFeatures Fit(Frame train, ModelTask task) => FeatureFit.Of(train, Spec(train, task), new(Labels.Read(train, Spec(train, task)), null));

    /// <summary>The share of pairs of a positive and a negative row that the score orders rightly; half for ties.</summary>
    private static double Auc(float[] scores, Frame rows)
    {
        var ranked = scores.Select((score, r) => (score, Positive: rows["y"].Text(r) == "yes")).ToArray();
        var negative = ranked.Where(row => !row.Positive).Select(row => row.score).ToArray();
        return ranked.Where(row => row.Positive).Average(row => negative.Average(other => row.score > other ? 1 : row.score == other ? 0.5 : 0));
    }
}
