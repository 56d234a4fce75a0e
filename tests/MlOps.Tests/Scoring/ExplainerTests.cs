using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;
using MlOps.Scoring.Internal;

namespace MlOps.Tests.Scoring;

public sealed class ExplainerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Contributions_to_trees_are_the_Shapley_values_of_all_subsets(bool sets)
    {
        for (var seed = 0; seed < 30; seed++)
        {
            const int Width = 7;
            var random = new Random(seed);
            Tree[] trees = [.. Enumerable.Range(0, 3).Select(_ => Samples.RandomTree(random, 0, Width, _ => random.Next(0, 4))).Select(tree => sets ? Samples.WithSets(tree, random, 5) : tree)];
            var model = Numbers(Width, new TreeEnsemble(Link.Identity, [0.5f], trees));
            float[] row = [.. Enumerable.Range(0, Width).Select(_ => random.Next(5) == 0 ? float.NaN : random.Next(0, 5))];

            var explained = new Explainer(model).Explain(Frame(row));

            double Value(int known) => trees.Sum(tree => Expectation(tree, 0, row, known));
            Assert.Equal(0.5 + Value(0), explained.BaseValues[0], 1e-12);
            for (var i = 0; i < Width; i++)
            {
                Assert.Equal(Shapley(Width, i, Value), explained.Of(0)[i], 1e-12);
            }
        }
    }

    public static TheoryData<ModelTask, bool> Kinds => new() { { ModelTask.Regression, true }, { ModelTask.Binary, true }, { ModelTask.Multiclass, true }, { ModelTask.Regression, false }, { ModelTask.Binary, false }, { ModelTask.Multiclass, false } };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Contributions_and_base_value_add_up_to_the_raw_score(ModelTask task, bool trees)
    {
        for (var seed = 0; seed < 5; seed++)
        {
            var model = OnnxModel.Read(OnnxModel.Write(trees ? Samples.Forest(task, seed) : Samples.Linear(task, seed)));
            var features = FeatureEncoding.Encode(model.Encoders, Samples.Rows(60, seed));
            var explained = new Explainer(model).Explain(features);
            var raw = new double[60 * explained.Outputs];
            RawScores.For(model.Predictor).Compute(features, 0, raw);
            Assert.Equal(60, explained.Rows);
            for (var i = 0; i < raw.Length; i++)
            {
                var sum = explained.BaseValues[i % explained.Outputs];
                foreach (var contribution in explained.Of(i / explained.Outputs, i % explained.Outputs))
                {
                    sum += contribution;
                }

                Assert.Equal(raw[i], sum, 1e-6 * Math.Max(1, Math.Abs(raw[i])) * 1e-3);
            }
        }
    }

    [Fact]
    public void Contributions_to_a_weighted_sum_are_distances_from_the_mean_by_column()
    {
        var signature = Samples.Signature(ModelTask.Regression, new("city", FeatureKind.Categorical), new("unused", FeatureKind.Numeric), new("text", FeatureKind.Text), new("age", FeatureKind.Numeric));
        var model = new TrainedModel(signature,
            [new NumericEncoder("age", 0), new OneHotEncoder("city", ["a", "b"]), new TextEncoder("text", ["x", "y"], [1, 1])],
            new LinearPredictor(Link.Identity, [[2, 10, 20, 3, 5]], [100]) { Means = [30, 0.5f, 0.25f, 0.5f, 0] });

        var explained = new Explainer(model).Explain(new Frame([new NumberColumn("age", [31, double.NaN]), Samples.Texts("city", ["b", "c"]), Samples.Texts("text", ["x", "z"])]));

        Assert.Equal([100 + 60 + 5 + 5 + 1.5], explained.BaseValues);
        Assert.Equal([20 - 10, 0, 3 - 1.5, 2], explained.Of(0).ToArray());
        Assert.Equal([-10, 0, -1.5, -60], explained.Of(1).ToArray());
    }

    [Fact]
    public void Paths_of_many_features_lose_no_digits()
    {
        // A chain: each of 120 features splits off one row of those that are left.
        const int Width = 120;
        var (feature, left, right, value, cover) = (new int[(2 * Width) + 1], new int[(2 * Width) + 1], new int[(2 * Width) + 1], new float[(2 * Width) + 1], new float[(2 * Width) + 1]);
        Array.Fill(feature, -1);
        for (var i = 0; i < Width; i++)
        {
            (feature[2 * i], left[2 * i], right[2 * i]) = (i, (2 * i) + 1, (2 * i) + 2);
            (cover[2 * i], cover[(2 * i) + 1], value[(2 * i) + 1]) = (Width + 1 - i, 1, i);
        }

        (cover[^1], value[^1]) = (1, 1000);
        var tree = new Tree(0, feature, new float[feature.Length], new bool[feature.Length], left, right, value) { Cover = cover };
        var model = Numbers(Width, new TreeEnsemble(Link.Identity, [0], [tree]));

        var explained = new Explainer(model).Explain(Frame([.. Enumerable.Repeat(1f, Width)]));

        Assert.Equal(((Width * (Width - 1) / 2.0) + 1000) / (Width + 1), explained.BaseValues[0], 1e-9);
        Assert.Equal(1000, explained.BaseValues[0] + explained.Of(0).ToArray().Sum(), 1e-9);
        Assert.All(explained.Of(0).ToArray(), contribution => Assert.InRange(contribution, 0, 1000));
    }

    [Fact]
    public void Quadrature_is_exact_for_powers()
    {
        foreach (var n in (int[])[1, 2, 3, 8, 60])
        {
            var (points, weights) = Quadrature.Of(n);
            for (var power = 0; power < 2 * n; power++)
            {
                Assert.Equal(1.0 / (power + 1), points.Zip(weights, (t, w) => w * Math.Pow(t, power)).Sum(), 1e-14);
            }
        }
    }

    [Fact]
    public void A_model_that_does_not_say_how_its_training_rows_lay_is_refused()
    {
        var trees = Samples.Forest(ModelTask.Regression, 1);
        trees = trees with { Predictor = (TreeEnsemble)trees.Predictor with { Trees = [.. ((TreeEnsemble)trees.Predictor).Trees.Select(tree => tree with { Cover = [] })] } };
        var linear = Samples.Linear(ModelTask.Binary, 1);
        linear = linear with { Predictor = (LinearPredictor)linear.Predictor with { Means = [] } };
        Assert.All((TrainedModel[])[trees, linear], model =>
        {
            Assert.False(Explainer.CanExplain(model));
            Assert.Equal("MLO5020", Assert.Single(Assert.Throws<DiagnosticException>(() => new Explainer(OnnxModel.Read(OnnxModel.Write(model)))).Diagnostics).Code);
        });
    }

    private static TrainedModel Numbers(int width, Predictor predictor)
    {
        string[] names = [.. Enumerable.Range(0, width).Select(i => $"x{i}")];
        return new(Samples.Signature(ModelTask.Regression, [.. names.Select(name => new InputColumn(name, FeatureKind.Numeric))]), [.. names.Select(name => new NumericEncoder(name))], predictor);
    }

    private static Frame Frame(float[] row) => new([.. row.Select((x, i) => new NumberColumn($"x{i}", [x]))]);

    /// <summary>The path-dependent expectation: known features decide, unknown ones weigh both sides by their training rows.</summary>
    private static double Expectation(Tree tree, int node, float[] row, int known)
    {
        if (tree.Feature[node] < 0)
        {
            return tree.Value[node];
        }

        var (left, right, x) = (tree.Left[node], tree.Right[node], row[tree.Feature[node]]);
        if ((known >> tree.Feature[node] & 1) != 0)
        {
            return Expectation(tree, tree.GoesLeft(node, x) ? left : right, row, known);
        }

        var all = (double)tree.Cover[left] + tree.Cover[right];
        var share = all == 0 ? 0.5 : tree.Cover[left] / all;
        return (share * Expectation(tree, left, row, known)) + ((1 - share) * Expectation(tree, right, row, known));
    }

    private static double Shapley(int width, int feature, Func<int, double> value)
    {
        double sum = 0;
        for (var known = 0; known < 1 << width; known++)
        {
            if ((known >> feature & 1) == 0)
            {
                var size = System.Numerics.BitOperations.PopCount((uint)known);
                sum += Factorial(size) * Factorial(width - size - 1) / Factorial(width) * (value(known | (1 << feature)) - value(known));
            }
        }

        return sum;
    }

    private static double Factorial(int n) => n < 2 ? 1 : n * Factorial(n - 1);
}
