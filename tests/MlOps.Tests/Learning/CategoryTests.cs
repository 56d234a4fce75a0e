using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Tests.Learning;

/// <summary>Categories as sets, beside categories as ranks.</summary>
public class CategoryTests
{
    private static readonly BoostedTreesOptions Native = new() { Trees = 60, Leaves = 8, MinRows = 5 };

    [Fact]
    public void The_best_set_of_few_categories_is_found_among_all_sets()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            string[] names = ["a", "b", "c", "d"];
            var (category, y) = (new string?[200], new double[200]);
            var means = names.ToDictionary(name => name, _ => random.NextDouble() * 4);
            for (var i = 0; i < y.Length; i++)
            {
                category[i] = names[random.Next(4)];
                y[i] = means[category[i]!] + random.NextDouble();
            }

            var stump = new BoostedTreesOptions { Trees = 1, Leaves = 2, L2 = 0, LearningRate = 1, MinRows = 1 };
            var tree = Assert.Single(((TreeEnsemble)Rows.Fit(Rows.Of(Rows.Texts("c", category), Rows.Numbers("y", y)), Rows.Spec(ModelTask.Regression, "y", stump, ("c", FeatureKind.Categorical)).WithSets()).Predictor).Trees);
            var encoder = category.CountBy(c => c!).OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Select((c, code) => (c.Key, code)).ToDictionary(c => c.Key, c => c.code);
            var best = Enumerable.Range(1, 14).Max(mask => Gain(i => (mask >> encoder[category[i]!] & 1) != 0));
            Assert.Equal(best, Gain(i => tree.Sets[0].Contains(encoder[category[i]!])), 1e-6 * best);

            double Gain(Func<int, bool> left)
            {
                double Score(bool side) => Enumerable.Range(0, y.Length).Where(i => left(i) == side).Select(i => y[i] - y.Average()).ToArray() is { Length: > 0 } some ? some.Sum() * some.Sum() / some.Length : 0;
                return Score(true) + Score(false);
            }
        }
    }

    [Fact]
    public void Sets_find_what_ranks_hide()
    {
        // Half of the categories turn the number's sign, and all have the same mean label; each alone tells nothing.
        var random = new Random(1);
        var (x, c, y) = (new double[4000], new string?[4000], new double[4000]);
        for (var i = 0; i < x.Length; i++)
        {
            var category = random.Next(40);
            (x[i], c[i]) = (random.NextDouble() - 0.5, $"c{category}");
            y[i] = (category * 7 % 40 < 20 ? x[i] : -x[i]) + (0.05 * random.NextDouble());
        }

        var train = Rows.Of(Rows.Numbers("x", x), Rows.Texts("c", c), Rows.Numbers("y", y));
        var ranks = Rows.Spec(ModelTask.Regression, "y", Native, ("x", FeatureKind.Numeric), ("c", FeatureKind.Categorical));
        double Error(LearningSpec spec) => Rows.Fit(train, spec).Predict(train).Zip(y, (p, t) => (p - t) * (p - t)).Average();
        Assert.True(Error(ranks.WithSets()) < 0.5 * Error(ranks));
    }

    [Fact]
    public void Missing_goes_where_it_is_learnt_and_unseen_with_the_most_rows()
    {
        // b and missing are low, all others high.
        var train = Rows.Of(Rows.Texts("c", [.. Enumerable.Range(0, 400).Select(i => (i % 8) switch { 0 => null, 1 => "b", var k => $"k{k}" })]),
            Rows.Numbers("y", [.. Enumerable.Range(0, 400).Select(i => i % 8 < 2 ? 0.0 : 10)]));
        var model = Rows.Fit(train, Rows.Spec(ModelTask.Regression, "y", Native with { L2 = 0, LearningRate = 1, Trees = 1 }, ("c", FeatureKind.Categorical)).WithSets());
        Assert.Equal([0, 0, 10, 10], model.Predict(Rows.Of(Rows.Texts("c", null, "b", "k5", "never seen"))), new Near(1e-5f));
    }

    [Theory]
    [InlineData(ModelTask.Regression)]
    [InlineData(ModelTask.Multiclass)]
    public void Models_with_sets_are_the_same_bytes_with_any_number_of_threads(ModelTask task)
    {
        var train = Rows.Mixed(9000, 7);
        byte[] Bytes(int threads) => OnnxModel.Write(Rows.Fit(train, Rows.MixedSpec(task, Native with { Trees = 5 }).WithSets(), threads));
        var one = Bytes(1);
        Assert.Contains(((TreeEnsemble)OnnxModel.Read(one).Predictor).Trees, tree => tree.Sets.Length > 0);
        Assert.All([2, 3, 8], threads => Assert.Equal(one, Bytes(threads)));
    }

    [Fact]
    public void The_cover_of_nodes_is_the_rows_that_walk_there()
    {
        var train = Rows.Mixed(1000, 5);
        var model = Rows.Fit(train, Rows.MixedSpec(ModelTask.Regression, Native with { Trees = 3 }).WithSets());
        var bare = model with { Predictor = (TreeEnsemble)model.Predictor with { Trees = [.. ((TreeEnsemble)model.Predictor).Trees.Select(tree => tree with { Cover = [] })] } };
        var adopted = Learner.Adopt(train, Rows.MixedSpec(ModelTask.Regression, new OnnxOptions { File = "model.onnx" }), OnnxModel.Write(bare));
        Assert.Equal(((TreeEnsemble)model.Predictor).Trees.Select(tree => tree.Cover), ((TreeEnsemble)adopted.Predictor).Trees.Select(tree => tree.Cover));
    }

    [Fact]
    public void Ranks_follow_the_weighted_mean_of_the_labels()
    {
        // Unweighted a is above b; its high labels weigh next to nothing.
        var train = Rows.Of(Rows.Texts("c", [.. Enumerable.Range(0, 200).Select(i => i % 2 == 0 ? "a" : "b")]),
            Rows.Numbers("y", [.. Enumerable.Range(0, 200).Select(i => i % 2 == 1 ? 5.0 : i % 4 == 0 ? 20 : 0)]),
            Rows.Numbers("w", [.. Enumerable.Range(0, 200).Select(i => i % 4 == 0 ? 0.01 : 1)]));
        var spec = Rows.Spec(ModelTask.Regression, "y", new BoostedTreesOptions { Trees = 1 }, ("c", FeatureKind.Categorical));
        float[] Ranks(LearningSpec of) => ((OrdinalEncoder)Rows.Fit(train, of).Encoders[0]).Values;
        Assert.True(Ranks(spec)[0] > Ranks(spec)[1]);
        Assert.True(Ranks(spec with { Weight = "w" })[0] < Ranks(spec with { Weight = "w" })[1]);
    }
}
