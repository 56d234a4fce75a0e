using MlOps.Content;
using MlOps.Scoring;
using MlOps.Scoring.Onnx.Internal;
using static MlOps.Tests.Scoring.ForeignGraphs;

namespace MlOps.Tests.Scoring;

/// <summary>Files that were made to do harm: each is refused, in bounded memory, or read as a model whose predictions have their shape.</summary>
public sealed class HostileModelTests
{
    private static readonly int Mutations = Environment.GetEnvironmentVariable("MLOPS_TEST_ALL") == "1" ? 3000 : 300;

    private static readonly OnnxAttribute[] Weights = [Floats("coefficients", 1, 2, 3), Floats("intercepts", 0)];

    [Theory]
    [InlineData("linear")]
    [InlineData("trees")]
    [InlineData("classifier")]
    [InlineData("texts")]
    public void A_file_cut_at_any_byte_is_refused(string kind)
    {
        var (whole, task) = Base(kind);
        for (var length = 0; length < whole.Length; length++)
        {
            var cut = whole[..length];
            Assert.Matches("^MLO501[0-4] ", Assert.Throws<DiagnosticException>(() => OnnxModel.Adopt(cut, Wanted(task))).Message);
        }
    }

    [Theory]
    [InlineData("Concat", "makes more than 1000000 features")]
    [InlineData("Gather", "more than 10000000 columns")]
    public void A_small_file_that_asks_for_endless_features_is_refused(string operation, string why)
    {
        var graph = new ForeignGraphs().Inputs().Output().Numbers(filled: true);
        string last;
        if (operation == "Concat")
        {
            // Each doubles what is there: 3 · 2^60 at the end.
            for (var i = 0; i < 60; i++)
            {
                graph.Node("", "Concat", [i == 0 ? "x" : $"d{i}", i == 0 ? "x" : $"d{i}"], [$"d{i + 1}"], Int("axis", 1));
            }

            last = "d60";
        }
        else
        {
            graph.Constant("many", [.. new long[400_000]]);
            for (var i = 0; i < 60; i++)
            {
                graph.Node("", "Gather", [i == 0 ? "x" : $"g{i}", "many"], [$"g{i + 1}"], Int("axis", 1));
            }

            last = "g60";
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(why, graph.Node(Ml, "LinearRegressor", [last], ["variable"], Weights));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1L << 30);
    }

    [Fact]
    public void Trees_that_would_be_copied_for_each_of_many_scores_are_refused()
    {
        // A chain of 50,000 nodes, whose one leaf has a weight for each of 1,000 targets.
        const int Deep = 25_000;
        var all = (2 * Deep) + 1;
        long Next(int node, bool left) => node < Deep ? (left ? node + 1 : Deep + 1 + node) : 0;
        var ids = Enumerable.Range(0, all).ToArray();
        OnnxAttribute[] trees =
        [
            Ints("nodes_treeids", new long[all]), Ints("nodes_nodeids", [.. ids.Select(i => (long)i)]), Ints("nodes_featureids", new long[all]),
            Texts("nodes_modes", [.. ids.Select(i => i < Deep ? "BRANCH_LEQ" : "LEAF")]), Floats("nodes_values", new float[all]),
            Ints("nodes_truenodeids", [.. ids.Select(i => Next(i, true))]), Ints("nodes_falsenodeids", [.. ids.Select(i => Next(i, false))]),
            Ints("target_treeids", new long[1000]), Ints("target_nodeids", [.. Enumerable.Repeat((long)Deep, 1000)]), Ints("target_ids", [.. Enumerable.Range(0, 1000).Select(i => (long)i)]),
            Floats("target_weights", new float[1000]), Int("n_targets", 1000),
        ];
        Refused("has few leaves with weights for many", new ForeignGraphs().Inputs().Output().Numbers(filled: false).Node(Ml, "TreeEnsembleRegressor", ["x"], ["variable"], trees));
    }

    [Theory]
    [InlineData("nodes_featureids", 1)]
    [InlineData("nodes_values", 1)]
    [InlineData("nodes_modes", 1)]
    [InlineData("nodes_truenodeids", 1)]
    [InlineData("nodes_falsenodeids", 1)]
    [InlineData("nodes_nodeids", 1)]
    [InlineData("nodes_missing_value_tracks_true", 1)]
    [InlineData("target_treeids", 1)]
    [InlineData("target_nodeids", 1)]
    [InlineData("target_ids", 1)]
    [InlineData("target_weights", 1)]
    public void Arrays_of_differing_lengths_are_refused(string shorter, int by)
    {
        var trees = Trees("target", "BRANCH_LEQ", 0).Select(attribute => attribute.Name != shorter ? attribute : attribute.Type switch
        {
            AttributeType.Floats => Floats(shorter, [.. attribute.Floats.SkipLast(by)]),
            AttributeType.Strings => Texts(shorter, [.. attribute.Strings.SkipLast(by)]),
            _ => Ints(shorter, [.. attribute.Ints.SkipLast(by)]),
        });
        Refused("of different lengths", new ForeignGraphs().Inputs().Output().Numbers(filled: false).Node(Ml, "TreeEnsembleRegressor", ["x"], ["variable"], [.. trees]));
    }

    [Theory]
    [InlineData("nodes_truenodeids", 99)]
    [InlineData("nodes_truenodeids", -1)]
    [InlineData("nodes_falsenodeids", long.MaxValue)]
    [InlineData("nodes_featureids", 3)]
    [InlineData("nodes_featureids", -7)]
    [InlineData("nodes_featureids", 1L << 32)]
    [InlineData("target_ids", 5)]
    [InlineData("target_ids", -1)]
    [InlineData("target_ids", 1L << 32)]
    [InlineData("n_targets", (1L << 32) + 1)]
    [InlineData("n_targets", 0)]
    [InlineData("n_targets", -1)]
    public void Ids_out_of_range_are_refused(string name, long value)
    {
        IEnumerable<OnnxAttribute> trees = Trees("target", "BRANCH_LEQ", 0);
        trees = name == "n_targets" ? trees.Append(Int(name, value)) : trees.Select(attribute => attribute.Name != name ? attribute : Ints(name, [value, .. attribute.Ints.Skip(1)]));
        var graph = new ForeignGraphs().Inputs().Output().Numbers(filled: false).Node(Ml, "TreeEnsembleRegressor", ["x"], ["variable"], [.. trees]);
        Assert.Matches("^MLO501[24] ", Assert.Throws<DiagnosticException>(() => OnnxModel.Adopt(graph.Bytes(), Wanted(ModelTask.Regression))).Message);
    }

    [Theory]
    [InlineData("If")]
    [InlineData("Loop")]
    [InlineData("Scan")]
    [InlineData("SequenceMap")]
    [InlineData("QLinearMatMul")]
    public void Control_flow_and_unknown_operators_are_refused(string operation) =>
        Refused($"operator {operation} is not supported", new ForeignGraphs().Inputs().Output().Numbers(filled: true)
            .Node("", operation, ["x"], ["y"]).Node(Ml, "LinearRegressor", ["y"], ["variable"], Weights));

    [Fact]
    public void A_name_that_is_made_twice_is_refused()
    {
        Refused("'x' is made twice", new ForeignGraphs().Inputs().Output().Numbers(filled: true).Node("", "Concat", ["age", "member", "member"], ["x"], Int("axis", 1))
            .Node(Ml, "LinearRegressor", ["x"], ["variable"], Weights));
        Refused("'x' is made twice", new ForeignGraphs().Inputs().Output().Numbers(filled: true).Constant("x", [1, 3], 1, 2, 3).Node(Ml, "LinearRegressor", ["x"], ["variable"], Weights));
    }

    [Theory]
    [InlineData(long.MaxValue, 2)]
    [InlineData(1L << 62, 4)]
    [InlineData(-3, -1)]
    [InlineData(0, 0)]
    [InlineData(3, 1_000_000_000)]
    public void Tensors_whose_declared_size_is_not_theirs_are_refused(long rows, long columns)
    {
        var graph = new ForeignGraphs().Inputs().Output().Numbers(filled: true).Constant("w", [rows, columns], 1, 2, 3).Node("", "MatMul", ["x", "w"], ["variable"]);
        Assert.StartsWith("MLO5012 ", Assert.Throws<DiagnosticException>(() => OnnxModel.Adopt(graph.Bytes(), Wanted(ModelTask.Regression))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_of_any_length_and_messages_of_any_declared_length_are_refused()
    {
        var graph = new ForeignGraphs().Inputs().Output().Numbers(filled: true);
        for (var i = 0; i < 100_000; i++)
        {
            graph.Node("", "Identity", [i == 0 ? "x" : $"i{i}"], [$"i{i + 1}"]);
        }

        Refused("stands behind more than", graph.Node(Ml, "LinearRegressor", ["i100000"], ["variable"], Weights));
        // Field 7 (the graph), 2 GB long, says the length; a text of 2^35 bytes.
        byte[][] declared = [[8, 7, 0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 7], [8, 7, 0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], [8, 7, 0x3A, 4, 0x0A, 0xF0, 0xFF, 0x3F]];
        Assert.All(declared, bytes => Assert.StartsWith("MLO5010 ", Assert.Throws<DiagnosticException>(() => OnnxModel.Adopt(bytes, Wanted(ModelTask.Regression))).Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("linear")]
    [InlineData("trees")]
    [InlineData("classifier")]
    [InlineData("texts")]
    [InlineData("own")]
    public void Random_mutations_are_refused_or_give_predictions_of_the_right_shape(string kind)
    {
        var (whole, task) = Base(kind);
        var random = new Random(77);
        for (var i = 0; i < Mutations / 5; i++)
        {
            var mutated = whole;
            for (var more = random.Next(1, 4); more > 0; more--)
            {
                mutated = Mutated(mutated, random);
            }

            try
            {
                var model = kind == "own" ? OnnxModel.Read(mutated) : OnnxModel.Read(OnnxModel.Write(OnnxModel.Adopt(mutated, Wanted(task))));
                var rows = kind == "own" ? Samples.Rows(5, 1) : Rows;
                Assert.Equal(rows.RowCount * model.Signature.Outputs, new Scorer(model).Predict(rows).Values.Length);
            }
            catch (DiagnosticException e)
            {
                Assert.StartsWith("MLO50", e.Message, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>A byte changed, some taken out, some doubled, some from elsewhere put over, or a length made large.</summary>
    private static byte[] Mutated(byte[] bytes, Random random)
    {
        var (at, length) = (random.Next(bytes.Length), random.Next(1, 16));
        var end = Math.Min(bytes.Length, at + length);
        var from = random.Next(bytes.Length);
        return random.Next(5) switch
        {
            0 => [.. bytes[..at], (byte)random.Next(256), .. bytes[(at + 1)..]],
            1 => [.. bytes[..at], .. bytes[end..]],
            2 => [.. bytes[..end], .. bytes[at..]],
            3 => [.. bytes[..at], .. bytes[from..Math.Min(bytes.Length, from + length)], .. bytes[end..]],
            _ => [.. bytes[..at], 0xFF, 0xFF, 0xFF, 0x7F, .. bytes[end..]],
        };
    }

    private static (byte[] Bytes, ModelTask Task) Base(string kind) => kind switch
    {
        "linear" => (new ForeignGraphs().Inputs().Output().Numbers(filled: true).Node(Ml, "LinearRegressor", ["x"], ["variable"], Weights).Bytes(), ModelTask.Regression),
        "trees" => (new ForeignGraphs().Inputs().Output().Numbers(filled: false).Node(Ml, "TreeEnsembleRegressor", ["x"], ["variable"], [.. Trees("target", "BRANCH_LT", 0), Int("n_targets", 1)]).Bytes(), ModelTask.Regression),
        "classifier" => (new ForeignGraphs().Inputs().Numbers(filled: false).Node(Ml, "TreeEnsembleClassifier", ["x"], ["label", "probabilities"],
            [.. Trees("class", "BRANCH_LEQ", 0, 1, 2), Texts("classlabels_strings", "a", "b", "c é"), Text("post_transform", "SOFTMAX")]).Output("label", ElementType.Text, null).Output("probabilities", ElementType.Float, 3).Bytes(), ModelTask.Multiclass),
        "texts" => (new ForeignGraphs().Inputs().Output().Numbers(filled: true).Node(Ml, "OneHotEncoder", ["city"], ["hot"], Texts("cats_strings", "Bern", "Basel"), Int("zeros", 1))
            .Node("", "Concat", ["x", "hot"], ["all"], Int("axis", 1)).Constant("w", [5, 1], 1, 2, 3, 4, 5).Node("", "MatMul", ["all", "w"], ["variable"]).Bytes(), ModelTask.Regression),
        _ => (OnnxModel.Write(Samples.Forest(ModelTask.Binary, 3, trees: 2)), ModelTask.Binary),
    };

    private static Signature Wanted(ModelTask task) => Samples.Signature(task, Columns);

    private static void Refused(string why, ForeignGraphs graph)
    {
        var found = Assert.Single(Assert.Throws<DiagnosticException>(() => OnnxModel.Adopt(graph.Bytes(), Wanted(ModelTask.Regression))).Diagnostics);
        Assert.Equal("MLO5012", found.Code);
        Assert.Contains(why, found.Why, StringComparison.Ordinal);
    }
}
