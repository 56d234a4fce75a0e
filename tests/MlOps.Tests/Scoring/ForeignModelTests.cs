using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;
using MlOps.Scoring.Onnx.Internal;
using MlOps.Scoring.Oracle;
using static MlOps.Tests.Scoring.ForeignGraphs;

namespace MlOps.Tests.Scoring;

/// <summary>Models that other programs wrote: what is read predicts as ONNX Runtime says of the file; the rest is refused by name.</summary>
public sealed class ForeignModelTests
{
    [SkippableTheory]
    [InlineData("LinearRegressor")]
    [InlineData("MatMul")]
    [InlineData("Gemm")]
    public void Linear_regressions_agree(string operation)
    {
        var graph = new ForeignGraphs().Inputs().Numbers(filled: true)
            .Node(Ml, "Scaler", ["x"], ["scaled"], Floats("offset", 40, 10, 0), Floats("scale", 0.05f, 0.1f, 1))
            .Node(Ml, "OneHotEncoder", ["city"], ["cube"], Texts("cats_strings", "Bern", "Zürich", ""), Int("zeros", 1))
            .Constant("flat", -1, 3).Node("", "Reshape", ["cube", "flat"], ["hot"])
            .Node("", "Concat", ["scaled", "hot"], ["all"], Int("axis", 1)).Output();
        _ = operation switch
        {
            "LinearRegressor" => graph.Node(Ml, operation, ["all"], ["variable"], Floats("coefficients", 2, -3, 0.5f, 4, 5, 6), Floats("intercepts", 7)),
            "MatMul" => graph.Constant("w", [6, 1], 2, -3, 0.5f, 4, 5, 6).Constant("b", [1, 1], 7)
                .Node("", "MatMul", ["all", "w"], ["product"]).Node("", "Add", ["product", "b"], ["variable"]),
            _ => graph.Constant("w", [1, 6], 2, -3, 0.5f, 4, 5, 6).Constant("b", [1], 7).Node("", "Gemm", ["all", "w", "b"], ["variable"], Int("transB", 1)),
        };

        Agrees(graph, ModelTask.Regression);
    }

    [SkippableTheory]
    [InlineData("yes", "no", "LOGISTIC", 2)]
    [InlineData("no", "yes", "LOGISTIC", 2)]
    [InlineData("no", "yes", "SOFTMAX", 2)]
    [InlineData("yes", "no", "SOFTMAX", 2)]
    [InlineData("b", "a", "SOFTMAX", 3)]
    public void Linear_classifiers_agree_whatever_the_order_of_their_classes(string first, string second, string post, int outputs)
    {
        float[] rows = [0.1f, -0.2f, 0.3f, -0.1f, 0.2f, -0.3f, 0.05f, 0, 1];
        string[] classes = outputs == 2 ? [first, second] : [first, second, "c é"];
        var graph = new ForeignGraphs().Inputs().Numbers(filled: true).Node(Ml, "LabelEncoder", ["city"], ["code"], Texts("keys_strings", "Oslo", ""), Floats("values_floats", 1, 2), Float("default_float", 3))
            .Node("", "Concat", ["x", "code"], ["four"], Int("axis", 1))
            .Constant("first", 0, 1, 2).Node(Ml, "ArrayFeatureExtractor", ["four", "first"], ["chosen"])
            .Node(Ml, "LinearClassifier", ["chosen"], ["label", "scores"], Floats("coefficients", rows[..(3 * outputs)]), Floats("intercepts", ((float[])[0.5f, -0.5f, 0.1f])[..outputs]),
                Texts("classlabels_strings", classes), Int("multi_class", 1), Text("post_transform", post))
            .Node(Ml, "Normalizer", ["scores"], ["probabilities"], Text("norm", "L1")).Output("label", ElementType.Text, null).Output("probabilities", ElementType.Float, outputs);

        Agrees(graph, outputs == 2 ? ModelTask.Binary : ModelTask.Multiclass, classes);
    }

    [SkippableTheory]
    [InlineData("BRANCH_LEQ")]
    [InlineData("BRANCH_LT")]
    [InlineData("BRANCH_GT")]
    [InlineData("BRANCH_GTE")]
    public void Trees_with_any_comparison_agree_on_missing_cells_too(string mode) => Agrees(Regressor(mode, "SUM"), ModelTask.Regression);

    [SkippableFact]
    public void Averages_of_trees_agree() => Agrees(Regressor("BRANCH_LEQ", "AVERAGE"), ModelTask.Regression);

    [SkippableTheory]
    [InlineData(ModelTask.Binary)]
    [InlineData(ModelTask.Multiclass)]
    public void Tree_classifiers_agree(ModelTask task)
    {
        string[] classes = task == ModelTask.Binary ? ["no", "yes"] : ["c é", "a", "b"];
        Agrees(new ForeignGraphs().Inputs().Numbers(filled: false)
            .Node(Ml, "TreeEnsembleClassifier", ["x"], ["label", "probabilities"],
                [.. Trees("class", "BRANCH_LEQ", task == ModelTask.Binary ? [0] : [0, 1, 2]), Texts("classlabels_strings", classes), Text("post_transform", task == ModelTask.Binary ? "LOGISTIC" : "SOFTMAX")])
            .Output("label", ElementType.Text, null).Output("probabilities", ElementType.Float, classes.Length), task, classes);
    }

    [SkippableTheory]
    [InlineData("no", "yes", null)]
    [InlineData("yes", "no", null)]
    [InlineData("b", "a", "c é")]
    public void Votes_of_a_forest_agree(string first, string second, string? third) => Agrees(Forest([first, second, .. third is null ? (string[])[] : [third]]), third is null ? ModelTask.Binary : ModelTask.Multiclass, [first, second, .. third is null ? (string[])[] : [third]]);

    [SkippableTheory]
    [InlineData("no", "yes", "NONE")]
    [InlineData("yes", "no", "NONE")]
    [InlineData("no", "yes", "LOGISTIC")]
    public void Votes_for_one_of_two_classes_agree(string first, string second, string post) => Agrees(Classifier([first, second], post, Votes([0], [0.1f, 0.25f, 0.4f, 0.2f])), ModelTask.Binary, first, second);

    [SkippableFact]
    public void One_class_against_the_rest_agrees()
    {
        string[] classes = ["b", "a", "c é"];
        Agrees(new ForeignGraphs().Inputs().Numbers(filled: true)
            .Node(Ml, "LinearClassifier", ["x"], ["label", "scores"], Floats("coefficients", 0.1f, -0.2f, 0.3f, -0.1f, 0.2f, -0.3f, 0.05f, 0, 1), Floats("intercepts", 0.5f, -0.5f, 0.1f),
                Texts("classlabels_strings", classes), Int("multi_class", 0), Text("post_transform", "LOGISTIC"))
            .Node(Ml, "Normalizer", ["scores"], ["probabilities"], Text("norm", "L1")).Output("label", ElementType.Text, null).Output("probabilities", ElementType.Float, 3), ModelTask.Multiclass, classes);
    }

    [Theory]
    [InlineData(0.1f, 0.25f, 0.4f, 0.3f, "votes that sum to 1.1")]
    [InlineData(-0.1f, 0.25f, 0.4f, 0.2f, "a vote below 0")]
    public void Votes_that_are_no_probabilities_are_refused(float a, float b, float c, float d, string what)
    {
        Assert.NotEmpty(what);
        Refused("MLO5014", "it predicts 2 scores with link identity", () => OnnxModel.Adopt(
            Classifier(["no", "yes"], "NONE", Votes([0, 1], [a, b, c, d, 0.4f, 0.25f, 0.1f, 0.3f])).Bytes(), Wanted(ModelTask.Binary)));
    }

    [Fact]
    public void One_matrix_of_numbers_is_taken_in_the_order_of_the_features()
    {
        var bytes = new ForeignGraphs().Input("float_input", width: 2).Constant("mean", [2], 1, 2).Constant("deviation", [1], 2)
            .Node(Ml, "Imputer", ["float_input"], ["full"], Floats("imputed_value_floats", 0), Float("replaced_value_float", float.NaN))
            .Node("", "Sub", ["full", "mean"], ["centred"]).Node("", "Div", ["centred", "deviation"], ["scaled"])
            .Node(Ml, "LinearRegressor", ["scaled"], ["variable"], Floats("coefficients", 10, 100), Floats("intercepts", 1)).Output().Bytes();
        var wanted = new Signature(ModelTask.Regression, "y", [new("a", FeatureKind.Numeric), new("b", FeatureKind.Boolean)], []);

        var model = OnnxModel.Read(OnnxModel.Write(OnnxModel.Adopt(bytes, wanted)));

        Assert.Equal([1 + (10 * 2) - 50, 1 - 5 - 100], new Scorer(model).Predict(new Frame([new NumberColumn("a", [5, double.NaN]), new BooleanColumn("b", [1, 0])])).Values);
    }

    [Fact]
    public void A_model_of_this_program_is_taken_where_it_predicts_what_is_wanted()
    {
        var own = OnnxModel.Write(Samples.Linear(ModelTask.Binary, 1));
        var signature = OnnxModel.Read(own).Signature;

        Assert.Equal(own, OnnxModel.Write(OnnxModel.Adopt(own, signature)));
        Refused("MLO5014", "wanted is binary of 'other'", () => OnnxModel.Adopt(own, signature with { Label = "other" }));
    }

    [Theory]
    [InlineData("operator Relu is not supported", "Relu")]
    [InlineData("operator com.example.Sub is not supported", "foreign domain")]
    [InlineData("has the attribute 'values_as_tensor'", "unknown attribute")]
    [InlineData("an Imputer must fill it before", "no imputer")]
    [InlineData("takes the texts of 'city'", "texts")]
    [InlineData("has 2 coefficients and 1 intercepts for 3 features", "few weights")]
    [InlineData("no finite number", "infinite weight")]
    [InlineData("or behind itself", "loop")]
    [InlineData("nothing makes 'x'", "no producer")]
    [InlineData("has nodes of mode BRANCH_MEMBER", "tree mode")]
    [InlineData("a tree's children form no tree", "tree loop")]
    [InlineData("not 1 to 1000", "many targets")]
    public void What_cannot_be_scored_is_refused_by_the_name_of_its_operator(string why, string what)
    {
        var weights = new[] { Floats("coefficients", 1, 2, 3), Floats("intercepts", 0) };
        var graph = new ForeignGraphs().Inputs().Output();
        graph = what is "no producer" ? graph : what is "no imputer" ? graph.Numbers(filled: false) : graph.Numbers(filled: true);
        _ = what switch
        {
            "Relu" => graph.Node("", "Relu", ["x"], ["y"]).Node(Ml, "LinearRegressor", ["y"], ["variable"], weights),
            "foreign domain" => graph.Node("com.example", "Sub", ["x", "x"], ["y"]).Node(Ml, "LinearRegressor", ["y"], ["variable"], weights),
            "unknown attribute" => graph.Node(Ml, "LinearRegressor", ["x"], ["variable"], [.. weights, Int("values_as_tensor", 1)]),
            "texts" => graph.Node("", "Concat", ["x", "city"], ["y"], Int("axis", 1)).Node(Ml, "LinearRegressor", ["y"], ["variable"], Floats("coefficients", 1, 2, 3, 4), Floats("intercepts", 0)),
            "few weights" => graph.Node(Ml, "LinearRegressor", ["x"], ["variable"], Floats("coefficients", 1, 2), Floats("intercepts", 0)),
            "infinite weight" => graph.Node(Ml, "LinearRegressor", ["x"], ["variable"], Floats("coefficients", 1, 2, float.PositiveInfinity), Floats("intercepts", 0)),
            "loop" => graph.Node("", "Identity", ["b"], ["a"]).Node("", "Identity", ["a"], ["b"]).Node(Ml, "LinearRegressor", ["a"], ["variable"], weights),
            "tree mode" => graph.Node(Ml, "TreeEnsembleRegressor", ["x"], ["variable"], [.. Trees("target", "BRANCH_MEMBER", 0)]),
            "tree loop" => graph.Node(Ml, "TreeEnsembleRegressor", ["x"], ["variable"],
                [.. Trees("target", "BRANCH_LEQ", 0).Select(attribute => attribute.Name == "nodes_truenodeids" ? Ints(attribute.Name, 2, 0, 2, 0, 0, 0) : attribute)]),
            "many targets" => graph.Node(Ml, "TreeEnsembleRegressor", ["x"], ["variable"], [.. Trees("target", "BRANCH_LEQ", 0), Int("n_targets", int.MaxValue)]),
            _ => graph.Node(Ml, "LinearRegressor", ["x"], ["variable"], weights),
        };

        Refused("MLO5012", why, () => OnnxModel.Adopt(graph.Bytes(), Wanted(ModelTask.Regression)));
    }

    [Fact]
    public void Inputs_that_are_not_the_features_are_all_told_at_once()
    {
        var graph = new ForeignGraphs().Input("agee").Input("city").Input("income €", width: 2).Output().Bytes();

        var refused = Assert.Throws<DiagnosticException>(() => OnnxModel.Adopt(graph, Wanted(ModelTask.Regression)));

        Assert.All(refused.Diagnostics, found => Assert.Equal("MLO5013", found.Code));
        Assert.Equal(
        [
            "input 'agee' is no feature; is 'age' meant?", "input 'city' is no tensor of string, but feature 'city' is categorical", "input 'income €' has another shape than [N, 1]",
            "feature 'age' has no input", "feature 'member' has no input",
        ], refused.Diagnostics.Select(found => found.Why));
    }

    [Theory]
    [InlineData(ModelTask.Binary, "it predicts 1 score with link identity")]
    [InlineData(ModelTask.Multiclass, "it predicts 1 score with link identity")]
    public void A_prediction_of_another_kind_is_refused(ModelTask task, string why) =>
        Refused("MLO5014", why, () => OnnxModel.Adopt(Regressor("BRANCH_LEQ", "SUM").Bytes(), Wanted(task)));

    [Fact]
    public void Other_classes_are_refused_by_their_names()
    {
        var bytes = new ForeignGraphs().Inputs().Numbers(filled: false).Node(Ml, "TreeEnsembleClassifier", ["x"], ["label", "probabilities"],
            [.. Trees("class", "BRANCH_LEQ", 1), Ints("classlabels_int64s", 0, 1), Text("post_transform", "LOGISTIC")]).Output("probabilities").Bytes();

        Refused("MLO5014", "its classes are 0, 1; the training rows have no, yes", () => OnnxModel.Adopt(bytes, Wanted(ModelTask.Binary)));
    }

    [Theory]
    [InlineData(ModelTask.Regression)]
    [InlineData(ModelTask.Binary)]
    [InlineData(ModelTask.Multiclass)]
    public void A_file_with_damaged_bytes_is_refused_or_read_as_a_model_that_checks(ModelTask task)
    {
        var whole = (task == ModelTask.Regression ? Regressor("BRANCH_LT", "SUM") : Forest([.. Wanted(task).Classes])).Bytes();
        for (var at = 0; at < whole.Length; at++)
        {
            var damaged = (byte[])whole.Clone();
            damaged[at] ^= 0x15;
            try
            {
                new Scorer(OnnxModel.Adopt(damaged, Wanted(task))).Predict(Rows);
            }
            catch (DiagnosticException e)
            {
                Assert.StartsWith("MLO50", e.Message, StringComparison.Ordinal);
            }
        }
    }

    private static ForeignGraphs Regressor(string mode, string aggregate) => new ForeignGraphs().Inputs().Numbers(filled: false)
        .Node(Ml, "TreeEnsembleRegressor", ["x"], ["variable"], [.. Trees("target", mode, 0), Int("n_targets", 1), Floats("base_values", 10), Text("aggregate_function", aggregate)]).Output();

    private static ForeignGraphs Forest(string[] classes) => Classifier(classes, "NONE", classes.Length == 2
        ? Votes([0, 1], [0.1f, 0.25f, 0.4f, 0.2f, 0.4f, 0.25f, 0.1f, 0.3f])
        : Votes([0, 1, 2], [0.1f, 0.2f, 0.3f, 0.25f, 0.2f, 0.2f, 0.1f, 0.15f, 0.2f, 0.1f, 0.1f, 0.1f]));

    private static ForeignGraphs Classifier(string[] classes, string post, OnnxAttribute[] trees) => new ForeignGraphs().Inputs().Numbers(filled: false)
        .Node(Ml, "TreeEnsembleClassifier", ["x"], ["label", "probabilities"], [.. trees, Texts("classlabels_strings", classes), Text("post_transform", post)])
        .Output("label", ElementType.Text, null).Output("probabilities", ElementType.Float, classes.Length);

    private static OnnxAttribute[] Votes(long[] ids, float[] weights) => [.. Trees("class", "BRANCH_LEQ", ids).Where(attribute => attribute.Name != "class_weights"), Floats("class_weights", weights)];

    private static Signature Wanted(ModelTask task) => Samples.Signature(task, Columns);

    private static void Refused(string code, string why, Func<TrainedModel> adopt)
    {
        var found = Assert.Single(Assert.Throws<DiagnosticException>(adopt).Diagnostics);
        Assert.Equal(code, found.Code);
        Assert.Contains(why, found.Why, StringComparison.Ordinal);
    }

    private static void Agrees(ForeignGraphs graph, ModelTask task, params string[] classes)
    {
        var bytes = graph.Bytes();
        var written = OnnxModel.Write(OnnxModel.Adopt(bytes, Wanted(task)));
        var ours = new Scorer(OnnxModel.Read(written)).Predict(Rows);
        Skip.If(OnnxOracle.Absent is not null, OnnxOracle.Absent);
        Assert.All(ours.Values.Zip(OnnxOracle.Run(written, Rows)), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * Math.Max(1, Math.Abs(pair.First))));
        var theirs = OnnxOracle.Score(bytes, Columns, Rows).Values;
        var width = Math.Max(classes.Length, 1);
        Assert.Equal(ours.Values.Length, theirs.Length);
        Assert.True(ours.Values.Distinct().Count() > 2);
        for (var i = 0; i < theirs.Length; i++)
        {
            // Theirs stand in the order of the file's classes.
            var at = (i / width * width) + (classes.Length == 0 ? 0 : Enumerable.Range(0, width).First(k => Wanted(task).Classes[k] == classes[i % width]));
            Assert.True(Math.Abs(ours.Values[at] - theirs[i]) <= 1e-5 * Math.Max(1, Math.Abs(theirs[i])), $"value {i}: ours {ours.Values[at]}, theirs {theirs[i]}");
        }
    }
}
