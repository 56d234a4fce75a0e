using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;
using MlOps.Scoring.Onnx.Internal;
using MlOps.Scoring.Oracle;

namespace MlOps.Tests.Scoring;

/// <summary>Trees that split by sets of categories, beside thresholds on the same features.</summary>
public sealed class CategorySetTests
{
    private const int Most = 253;

    [Fact]
    public void Every_number_is_in_a_set_or_in_what_it_lacks()
    {
        var random = new Random(1);
        for (var round = 0; round < 100; round++)
        {
            int[] chosen = [.. Enumerable.Range(0, CategorySet.Most).Where(_ => random.Next(3) == 0)];
            var set = chosen.Aggregate(default(CategorySet), (all, category) => all.With(category));
            foreach (var value in (float[])[.. Enumerable.Range(-2, 260), 0.5f, 1e20f, float.PositiveInfinity, float.NegativeInfinity, -0f])
            {
                Assert.Equal(chosen.Any(category => category == value), set.Contains(CategorySet.Of(value)));
                Assert.NotEqual(set.Contains(CategorySet.Of(value)), set.Complement().Contains(CategorySet.Of(value)));
            }
        }
    }

    [Theory]
    [InlineData(ModelTask.Regression)]
    [InlineData(ModelTask.Binary)]
    [InlineData(ModelTask.Multiclass)]
    public void Rows_go_where_a_walk_from_node_to_node_goes(ModelTask task)
    {
        var (model, rows) = (Forest(task, 2), Rows(1000, 3));
        var features = FeatureEncoding.Encode(model.Encoders, rows);
        var ensemble = (TreeEnsemble)model.Predictor with { Link = Link.Identity };
        var raw = new double[1000 * ensemble.BaseScores.Length];
        MlOps.Scoring.Internal.RawScores.For(ensemble).Compute(features, 0, raw);
        for (var r = 0; r < 1000; r++)
        {
            var expected = Array.ConvertAll(ensemble.BaseScores, score => (double)score);
            foreach (var tree in ensemble.Trees)
            {
                var node = 0;
                while (tree.Feature[node] >= 0)
                {
                    node = tree.GoesLeft(node, features.Dense[tree.Feature[node]][r]) ? tree.Left[node] : tree.Right[node];
                }

                expected[tree.Output] += tree.Value[node];
            }

            Assert.Equal(expected, raw[(r * expected.Length)..((r + 1) * expected.Length)]);
        }
    }

    [Theory]
    [InlineData(ModelTask.Regression)]
    [InlineData(ModelTask.Multiclass)]
    public void A_file_read_back_is_the_same_model(ModelTask task)
    {
        var model = Forest(task, 4);
        var bytes = OnnxModel.Write(model);
        var read = OnnxModel.Read(bytes);
        Assert.Equal(bytes, OnnxModel.Write(read));
        Assert.Equal(new Scorer(model).Predict(Rows(300, 5)).Values, new Scorer(read).Predict(Rows(300, 5)).Values);
        Assert.Equal(((TreeEnsemble)model.Predictor).Trees.Select(Sets), ((TreeEnsemble)read.Predictor).Trees.Select(Sets));

        static CategorySet[] Sets(Tree tree) => [.. tree.Sets.Where(set => !set.IsEmpty)];
    }

    [SkippableTheory]
    [InlineData(ModelTask.Regression)]
    [InlineData(ModelTask.Binary)]
    [InlineData(ModelTask.Multiclass)]
    public void Onnx_Runtime_agrees_on_a_thousand_rows(ModelTask task)
    {
        Skip.If(OnnxOracle.Absent is not null, OnnxOracle.Absent);
        var (model, rows) = (Forest(task, 6), Rows(1000, 7));
        var ours = new Scorer(model).Predict(rows).Values;
        Assert.All(ours.Zip(OnnxOracle.Run(OnnxModel.Write(model), rows)), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * Math.Max(1, Math.Abs(pair.First))));
    }

    /// <summary>Rings, chains that share nodes, children that are not there, numbers that are no categories.</summary>
    [Fact]
    public void Files_with_chains_that_no_tree_has_are_refused_and_end()
    {
        var whole = OnnxModel.Write(Forest(ModelTask.Regression, 8));
        var random = new Random(9);
        var refused = 0;
        for (var round = 0; round < 300; round++)
        {
            var file = OnnxDecoder.Decode(whole);
            var node = file.Graph!.Nodes.Find(n => n.Operator == "TreeEnsembleRegressor")!;
            for (var damage = 0; damage <= round % 3; damage++)
            {
                Damage(node, random);
            }

            try
            {
                new Scorer(OnnxModel.Read(OnnxEncoder.Encode(file))).Predict(Rows(3, 5));
            }
            catch (DiagnosticException e)
            {
                Assert.StartsWith("MLO5011 ", e.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.InRange(refused, 100, 300);
    }

    [Fact]
    public void A_ring_of_comparisons_ends_in_a_refusal()
    {
        const int Nodes = 200_000;
        var (zeros, ring) = (new int[Nodes], Enumerable.Range(1, Nodes).Select(next => next % Nodes).ToArray());
        var tree = new Tree(0, zeros, new float[Nodes], new bool[Nodes], [.. Enumerable.Repeat(1, Nodes)], ring, new float[Nodes])
        {
            Sets = [.. Enumerable.Repeat(default(CategorySet).With(3), Nodes)],
        };
        Assert.Throws<ArgumentException>(() => OnnxModel.Write(Model(ModelTask.Regression, [SetChain.Gather(tree).Tree])));
    }

    [Fact]
    public void Chains_of_other_writers_become_sets()
    {
        // City 0, 2 or 3 goes left, as a converter of LightGBM writes it; the nodes stand in any order.
        var graph = new ForeignGraphs().Input("age").Input("city", ElementType.Text).Input("income__").Input("member")
            .Node(ForeignGraphs.Ml, "LabelEncoder", ["city"], ["code"], ForeignGraphs.Texts("keys_strings", "Bern", "Zürich", "Basel", "Oslo"), ForeignGraphs.Floats("values_floats", 0, 1, 2, 3), ForeignGraphs.Float("default_float", -1))
            .Node("", "Concat", ["code", "age", "income__", "member"], ["x"], ForeignGraphs.Int("axis", 1))
            .Node(ForeignGraphs.Ml, "TreeEnsembleRegressor", ["x"], ["variable"],
                ForeignGraphs.Ints("nodes_treeids", 0, 0, 0, 0, 0), ForeignGraphs.Ints("nodes_nodeids", 0, 4, 2, 1, 3), ForeignGraphs.Ints("nodes_featureids", 0, 0, 0, 0, 0),
                ForeignGraphs.Texts("nodes_modes", "BRANCH_EQ", "BRANCH_EQ", "LEAF", "BRANCH_NEQ", "LEAF"), ForeignGraphs.Floats("nodes_values", 0, 3, 0, 2, 0),
                ForeignGraphs.Ints("nodes_truenodeids", 2, 2, 0, 4, 0), ForeignGraphs.Ints("nodes_falsenodeids", 1, 3, 0, 2, 0),
                ForeignGraphs.Ints("target_treeids", 0, 0), ForeignGraphs.Ints("target_nodeids", 2, 3), ForeignGraphs.Ints("target_ids", 0, 0), ForeignGraphs.Floats("target_weights", 10, 20))
            .Output();
        var model = OnnxModel.Adopt(graph.Bytes(), Samples.Signature(ModelTask.Regression, ForeignGraphs.Columns));
        var tree = Assert.Single(((TreeEnsemble)model.Predictor).Trees);
        Assert.Equal(default(CategorySet).With(0).With(2).With(3), Assert.Single(tree.Sets, set => !set.IsEmpty));
        Assert.Equal([20, 10, 20, 10, 10], new Scorer(model).Predict(ForeignGraphs.Rows).Values[..5]);
    }

    private static void Damage(OnnxNode node, Random random)
    {
        string[] names = ["nodes_falsenodeids", "nodes_truenodeids", "nodes_featureids", "nodes_treeids", "nodes_values", "nodes_modes", "nodes_missing_value_tracks_true"];
        var name = random.GetItems(names, 1)[0];
        var attribute = node.Attributes.Find(a => a.Name == name)!;
        var at = random.Next(Math.Max(attribute.Ints.Count, Math.Max(attribute.Floats.Count, attribute.Strings.Count)));
        long[] numbers = [.. attribute.Ints];
        float[] floats = [.. attribute.Floats];
        string[] texts = [.. attribute.Strings];
        if (numbers.Length > 0)
        {
            numbers[at] = random.Next(3) == 0 ? random.GetItems([-1L, long.MaxValue, int.MinValue], 1)[0] : numbers[random.Next(numbers.Length)];
        }
        else if (floats.Length > 0)
        {
            floats[at] = random.GetItems([float.NaN, -1, 255, 0.5f, 3e38f, 7], 1)[0];
        }
        else
        {
            texts[at] = random.GetItems(["BRANCH_EQ", "BRANCH_LEQ", "LEAF", "BRANCH_MEMBER"], 1)[0];
        }

        (attribute.Ints, attribute.Floats, attribute.Strings) = (numbers, floats, texts);
    }

    private static TrainedModel Forest(ModelTask task, int seed)
    {
        var random = new Random(seed);
        var outputs = task == ModelTask.Multiclass ? 3 : 1;
        return Model(task, [.. Enumerable.Range(0, 40).Select(t =>
            Samples.WithSets(Samples.RandomTree(random, t % outputs, 3, _ => random.Next(-1, 12) / 2f), random, t % 2 == 0 ? 6 : CategorySet.Most))]);
    }

    /// <summary>Of many categories, with numbers for unknown and missing; of few, with NaN for both; a number.</summary>
    private static TrainedModel Model(ModelTask task, IReadOnlyList<Tree> trees) => new(
        Samples.Signature(task, new("many", FeatureKind.Categorical), new("few", FeatureKind.Categorical), new("x", FeatureKind.Numeric)),
        [
            new OrdinalEncoder("many", [.. Enumerable.Range(0, Most).Select(i => $"k{i}")], [.. Enumerable.Range(0, Most).Select(i => (float)i)], Most + 1, Most),
            new OrdinalEncoder("few", ["a", "b", "c"], [0, 1, 4]),
            new NumericEncoder("x"),
        ],
        new TreeEnsemble(task switch { ModelTask.Regression => Link.Identity, ModelTask.Binary => Link.Logistic, _ => Link.Softmax }, new float[task == ModelTask.Multiclass ? 3 : 1], trees));

    private static Frame Rows(int count, int seed)
    {
        var random = new Random(seed);
        var rows = Enumerable.Range(0, count).ToArray();
        return new(
        [
            Samples.Texts("many", rows.Select(_ => random.Next(8) == 0 ? null : $"k{(random.Next(2) == 0 ? random.Next(6) : random.Next(260))}")),
            Samples.Texts("few", rows.Select(_ => random.Next(5) == 0 ? null : random.GetItems(["a", "b", "c", "d"], 1)[0])),
            new NumberColumn("x", [.. rows.Select(_ => random.Next(6) == 0 ? double.NaN : random.Next(-2, 20) / (random.Next(2) + 1.0))]),
        ]);
    }
}
