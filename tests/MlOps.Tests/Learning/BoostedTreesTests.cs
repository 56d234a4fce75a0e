using MlOps.Data;
using MlOps.Learning;
using MlOps.Learning.Internal.Trees;
using MlOps.Scoring;

namespace MlOps.Tests.Learning;

public class BoostedTreesTests
{
    private static readonly BoostedTreesOptions One = new() { Trees = 1, Leaves = 2, LearningRate = 1, MinRows = 1, L2 = 0 };

    [Fact]
    public void A_step_function_is_learnt_with_one_split_at_the_step()
    {
        double[] x = [.. Enumerable.Range(0, 100).Select(i => (double)i)];
        var train = Rows.Of(Rows.Numbers("x", x), Rows.Numbers("y", [.. x.Select(v => v < 37 ? -2.5 : 4)]));
        var model = Rows.Fit(train, Rows.Spec(ModelTask.Regression, "y", One, ("x", FeatureKind.Numeric)));

        var tree = Assert.Single(((TreeEnsemble)model.Predictor).Trees);
        Assert.Equal(36.5f, tree.Threshold[0]);
        Assert.Equal([-2.5f, 4f], model.Predict(Rows.Of(Rows.Numbers("x", 36.4, 36.6))), new Near(1e-5f));
    }

    [Fact]
    public void The_first_split_is_the_best_of_all_that_a_naive_search_tries()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var (x, y) = (new double[30], new double[30]);
            for (var i = 0; i < x.Length; i++)
            {
                x[i] = random.Next(12) is var v and > 0 ? v : double.NaN;
                y[i] = random.NextDouble() + (x[i] > 6 ? 0.4 : 0) + (double.IsNaN(x[i]) ? (seed % 3 * 0.6) - 0.6 : 0);
            }

            var spec = Rows.Spec(ModelTask.Regression, "y", One with { MinRows = 3, L2 = 0.7 }, ("x", FeatureKind.Numeric));
            var model = Rows.Fit(Rows.Of(Rows.Numbers("x", x), Rows.Numbers("y", y)), spec);
            var tree = Assert.Single(((TreeEnsemble)model.Predictor).Trees);
            Assert.Equal(BestGain(x, y, 3, 0.7), Gain(y, [.. x.Select(v => double.IsNaN(v) ? tree.MissingLeft[0] : v <= tree.Threshold[0])], 0.7), 6);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    public void Missing_goes_where_the_labels_say(float missing)
    {
        var train = Rows.Of(Rows.Numbers("x", double.NaN, double.NaN, 1, 2, 3, 4), Rows.Numbers("y", missing, missing, 0, 0, 9, 9));
        var model = Rows.Fit(train, Rows.Spec(ModelTask.Regression, "y", One, ("x", FeatureKind.Numeric)));
        Assert.Equal([0f, 9f, missing], model.Predict(Rows.Of(Rows.Numbers("x", 1.5, 3.5, double.NaN))), new Near(1e-5f));
    }

    [Fact]
    public void Missing_alone_can_be_split_off()
    {
        var train = Rows.Of(Rows.Numbers("x", double.NaN, double.NaN, 1, 2, 3, 4), Rows.Numbers("y", 9, 9, 0, 0, 0, 0));
        var model = Rows.Fit(train, Rows.Spec(ModelTask.Regression, "y", One, ("x", FeatureKind.Numeric)));
        Assert.Equal([0f, 0f, 9f], model.Predict(Rows.Of(Rows.Numbers("x", -1e30, 1e30, double.NaN))), new Near(1e-5f));
    }

    [Fact]
    public void Where_training_lacks_missing_it_goes_with_the_most_rows()
    {
        var train = Rows.Of(Rows.Numbers("x", 1, 2, 3, 4, 5), Rows.Numbers("y", 0, 9, 9, 9, 9));
        var model = Rows.Fit(train, Rows.Spec(ModelTask.Regression, "y", One, ("x", FeatureKind.Numeric)));
        Assert.Equal([9f], model.Predict(Rows.Of(Rows.Numbers("x", double.NaN))), new Near(1e-5f));
    }

    [Theory]
    [InlineData(ModelTask.Regression, "rmse")]
    [InlineData(ModelTask.Binary, "logLoss")]
    [InlineData(ModelTask.Multiclass, "logLoss")]
    public void More_trees_never_raise_the_training_loss(ModelTask task, string metric)
    {
        var train = Rows.Mixed(2000, 11);
        double Loss(int trees)
        {
            var model = Rows.Fit(train, Rows.MixedSpec(task, new BoostedTreesOptions { Trees = trees, Leaves = 8 }));
            return Metrics.Evaluate(model.Signature, new Scorer(model).Predict(train), train)[metric]!.Value;
        }

        double[] losses = [.. new[] { 1, 2, 4, 8, 16, 32 }.Select(Loss)];
        Assert.All(losses.Zip(losses.Skip(1)), pair => Assert.True(pair.Second < pair.First, $"{pair.First} then {pair.Second}"));
    }

    [Fact]
    public void Every_leaf_has_its_least_rows_and_a_tree_its_most_leaves()
    {
        var train = Rows.Mixed(3000, 5);
        var model = Rows.Fit(train, Rows.MixedSpec(ModelTask.Binary, new BoostedTreesOptions { Trees = 10, Leaves = 12, MinRows = 45 }));
        var features = FeatureEncoding.Encode(model.Encoders, train);
        var columns = new FeatureValues(features);
        Assert.All(((TreeEnsemble)model.Predictor).Trees, tree =>
        {
            Assert.InRange(tree.Feature.Count(f => f < 0), 2, 12);
            var rows = Enumerable.Range(0, train.RowCount).GroupBy(r => LeafOf(tree, columns, r)).ToList();
            Assert.Equal(tree.Feature.Count(f => f < 0), rows.Count);
            Assert.All(rows, leaf => Assert.True(leaf.Count() >= 45));
        });
    }

    [Fact]
    public void A_value_is_on_the_same_side_of_a_threshold_as_its_bin()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var random = new Random(seed);
            float[] values = [.. Enumerable.Range(0, 2000).Select(_ => (float)Math.Round(random.NextDouble() * Math.ScaleB(1, random.Next(-20, 20)), random.Next(6)))];
            var binning = Binning.Of(values, random.Next(2, 256));
            var bins = new byte[values.Length];
            binning.Fill(values, bins);
            for (var i = 0; i < values.Length; i++)
            {
                Assert.Equal(binning.Thresholds.Count(t => !(values[i] <= t)), bins[i]);
            }
        }
    }

    [Fact]
    public void Sorting_by_bits_is_sorting()
    {
        var random = new Random(3);
        float[] values = [.. Enumerable.Range(0, 5000).Select(_ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue))).Where(v => !float.IsNaN(v)), 0f, -0f];
        float[] sorted = [.. values.Order()];
        SortedFloats.Sort(values);
        Assert.Equal(sorted, values);
    }

    [Fact]
    public void Neighbouring_floats_are_told_apart()
    {
        // Halfway between the middle two, float32 rounds up to the upper one.
        var one = MathF.BitIncrement(1f);
        float[] values = [float.NegativeInfinity, 1f, one, MathF.BitIncrement(one), float.PositiveInfinity, float.NaN];
        var bins = new byte[values.Length];
        Binning.Of(values, 255).Fill(values, bins);
        Assert.Equal(new byte[] { 0, 1, 2, 3, 4, 5 }, bins);
    }

    [Fact]
    public void Bins_hold_about_equal_numbers_of_rows()
    {
        float[] values = [.. Enumerable.Range(0, 1_500_000).Select(i => (float)((i * 7919L) % 1_500_007))];
        var binning = Binning.Of(values, 100);
        var bins = new byte[values.Length];
        binning.Fill(values, bins);
        Assert.Equal(100, binning.Present);
        Assert.All(bins.CountBy(b => b), b => Assert.InRange(b.Value, 14_000, 16_000));
    }

    [Fact]
    public void A_label_of_any_magnitude_is_learnt()
    {
        foreach (var unit in new[] { 1e-30, 1, 1e30 })
        {
            var train = Rows.Of(Rows.Numbers("x", 1, 2, 3, 4), Rows.Numbers("y", 0, 0, unit, unit));
            var model = Rows.Fit(train, Rows.Spec(ModelTask.Regression, "y", One, ("x", FeatureKind.Numeric)));
            Assert.Equal([0f, 1f], model.Predict(Rows.Of(Rows.Numbers("x", 1, 4))).Select(p => p / (float)unit), new Near(1e-5f));
        }
    }

    private static int LeafOf(Tree tree, FeatureValues columns, int row)
    {
        var node = 0;
        while (tree.Feature[node] >= 0)
        {
            var x = columns.Column(tree.Feature[node])[row];
            node = tree.GoesLeft(node, x) ? tree.Left[node] : tree.Right[node];
        }

        return node;
    }

    private static double BestGain(double[] x, double[] y, int minRows, double l2) => x.Where(v => !double.IsNaN(v)).Distinct().Append(double.PositiveInfinity)
        .SelectMany(t => new[] { false, true }, (t, missingLeft) => x.Select(v => double.IsNaN(v) ? missingLeft : v <= t).ToArray())
        .Where(left => left.Count(l => l) >= minRows && left.Count(l => !l) >= minRows)
        .Max(left => Gain(y, left, l2));

    private static double Gain(double[] y, bool[] left, double l2)
    {
        var mean = y.Average();
        double Score(bool side) => Math.Pow(y.Where((_, i) => left[i] == side).Sum(v => v - mean), 2) / (left.Count(l => l == side) + l2);
        return Score(true) + Score(false);
    }
}
