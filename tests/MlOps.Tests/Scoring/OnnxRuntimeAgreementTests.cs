using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;
using MlOps.Scoring.Oracle;

namespace MlOps.Tests.Scoring;

/// <summary>ONNX Runtime reads our files and says what we say.</summary>
public sealed class OnnxRuntimeAgreementTests
{
    [SkippableTheory]
    [InlineData(ModelTask.Regression)]
    [InlineData(ModelTask.Binary)]
    [InlineData(ModelTask.Multiclass)]
    public void Trees_agree_on_missing_and_unknown_values(ModelTask task) => Agrees(Samples.Forest(task, 11), Samples.Rows(500, 12));

    [SkippableTheory]
    [InlineData(ModelTask.Regression)]
    [InlineData(ModelTask.Binary)]
    [InlineData(ModelTask.Multiclass)]
    public void Linear_models_agree_on_every_encoder(ModelTask task) => Agrees(Samples.Linear(task, 21), Samples.Rows(500, 22));

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Calibrated_models_and_their_thresholds_agree(int kind)
    {
        Calibration calibration = kind switch
        {
            0 => new PlattCalibration(0.7f, -0.3f),
            1 => new IsotonicCalibration(0.1f, [-1, -0.25f, 0.5f], [0.5f, 0.125f, 2], [0.2f, 0.25f, 0.4f]),
            _ => new IsotonicCalibration(0.375f, [], [], []),
        };
        var model = Samples.Linear(ModelTask.Binary, 21);
        Agrees(model with { Calibration = calibration, Signature = model.Signature with { Threshold = 0.3125f } }, Samples.Rows(500, 22));
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_logarithmic_link_agrees(bool trees) => Agrees(Samples.Exponential(trees, 61), Samples.Rows(500, 62));

    [SkippableFact]
    public void Terms_in_any_order_agree() => Agrees(Samples.Linear(ModelTask.Regression, 31, shuffledTerms: true), Samples.Rows(100, 32));

    [SkippableTheory]
    [InlineData("a", "b")]
    [InlineData("a b", "b c")]
    [InlineData("zz yy", "xx")]
    public void Texts_without_any_known_token_agree(string first, string second)
    {
        var model = new TrainedModel(Samples.Signature(ModelTask.Regression, new InputColumn("t", FeatureKind.Text)),
            [new TextEncoder("t", [first, second], [1, 2])], new LinearPredictor(Link.Identity, [[3, 5]], [7]));
        Agrees(model, new([Samples.Texts("t", [null, "a b c", "b"])]));
        Agrees(model, new([Samples.Texts("t", [null])]));
        Agrees(model, new([Samples.Texts("t", [" . ", null, "\n"])]));
    }

    [SkippableFact]
    public void Random_unicode_is_cut_into_the_same_tokens()
    {
        var random = new Random(41);
        int[] limits = [0x80, 0x250, 0x2FFF, 0xFFFF, 0x30FFF];
        string Character()
        {
            var code = random.Next(1, limits[random.Next(limits.Length)]);
            return code is >= 0xD800 and <= 0xDFFF ? " " : char.ConvertFromUtf32(code);
        }

        var texts = Enumerable.Range(0, 1500).Select(_ => string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Character()))).ToArray();
        string[] terms = [.. texts.SelectMany(text => Learning.TermCountsTests.Runs(Tokenizer.Tokens(text), 1, 2, " ")).Distinct(StringComparer.Ordinal).Where(t => t[0] % 3 != 0)];
        float[] weights = [.. terms.Select(_ => random.NextSingle() + 0.5f)];
        var model = new TrainedModel(Samples.Signature(ModelTask.Regression, new InputColumn("t", FeatureKind.Text)),
            [new TextEncoder("t", terms, weights)], new LinearPredictor(Link.Identity, [weights], [0]));
        Agrees(model, new([Samples.Texts("t", texts)]));
    }

    [SkippableFact]
    public void Random_unicode_is_cut_into_the_same_characters()
    {
        var random = new Random(43);
        string[] pieces = [.. Samples.Words, " ", "  ", "\u0002", "\u0001", "\uFFFD", "A", "e\u0301"];
        var texts = Enumerable.Range(0, 1000).Select(_ => string.Concat(random.GetItems(pieces, random.Next(9)))).Append("\uD83C").ToArray();
        string[] terms = [.. texts.SelectMany(text => Learning.TermCountsTests.Runs(Tokenizer.Characters(text), 1, 4, "")).Distinct(StringComparer.Ordinal).Where((_, i) => i % 3 == 0)];
        float[] weights = [.. terms.Select(_ => random.NextSingle() + 0.5f)];
        var model = new TrainedModel(Samples.Signature(ModelTask.Regression, new InputColumn("t", FeatureKind.Text)),
            [new TextEncoder("t", terms, weights) { Characters = true }], new LinearPredictor(Link.Identity, [weights], [0]));
        Agrees(model, new([Samples.Texts("t", texts)]));
        Agrees(model, new([Samples.Texts("t", [null, ""])]));
    }

    [SkippableFact]
    public void Every_millisecond_of_the_calendar_agrees()
    {
        var random = new Random(51);
        var model = new TrainedModel(Samples.Signature(ModelTask.Regression, new InputColumn("w", FeatureKind.Timestamp)),
            [new CalendarEncoder("w", [CalendarPart.Month, CalendarPart.Weekday, CalendarPart.Hour], [0.5f, 0.5f, 0.5f], [0, 0, 0], [1, 1, 1])],
            new LinearPredictor(Link.Identity, [[1000, 100, 1]], [0]));
        var others = new CalendarEncoder("w", [CalendarPart.Minute, CalendarPart.Day, CalendarPart.DayOfYear, CalendarPart.Year], [0.5f, 0.5f, 0.5f, 0.5f], new float[4], [1, 1, 1, 1]);
        var circles = new CyclicEncoder("w", [CalendarPart.Minute, CalendarPart.Hour, CalendarPart.Weekday, CalendarPart.Day, CalendarPart.Month, CalendarPart.DayOfYear], 0.25f);
        long[] edges = [TimestampColumn.Missing, 0, -1, 86_399_999, 86_400_000, -62_135_596_800_000, 253_402_300_799_999, 951_782_400_000, 951_868_800_000];
        var rows = new Frame([new TimestampColumn("w", [.. edges, .. Enumerable.Range(0, 3000).Select(_ => random.NextInt64(edges[5], edges[6]))])]);
        Agrees(model, rows);
        Agrees(model with { Encoders = [others], Predictor = new LinearPredictor(Link.Identity, [[0.01f, 1, 100, 1000]], [0]) }, rows);
        Agrees(model with { Encoders = [circles], Predictor = new LinearPredictor(Link.Identity, [[.. Enumerable.Range(0, 12).Select(j => 0.1f * (j + 1))]], [0]) }, rows);
    }

    [SkippableFact]
    public void Models_without_features_or_trees_agree()
    {
        InputColumn[] inputs = [new("t", FeatureKind.Text)];
        var rows = new Frame([Samples.Texts("t", ["a", null])]);
        Agrees(new(Samples.Signature(ModelTask.Multiclass, inputs), [], new LinearPredictor(Link.Softmax, [[], [], []], [1, 2, 3])), rows);
        Agrees(new(Samples.Signature(ModelTask.Binary, inputs), [new TextEncoder("t", [], [])], new TreeEnsemble(Link.Logistic, [0.5f], [])), rows);
        Agrees(new(Samples.Signature(ModelTask.Binary, inputs), [new OneHotEncoder("t", ["a"])], new TreeEnsemble(Link.Logistic, [0], [])), rows);
    }

    [SkippableFact]
    public void A_threshold_of_infinity_parts_missing_values_only()
    {
        float[] beyond = [float.PositiveInfinity, 0, 0];
        var model = new TrainedModel(Samples.Signature(ModelTask.Regression, new InputColumn("x", FeatureKind.Numeric)), [new NumericEncoder("x")],
            new TreeEnsemble(Link.Identity, [0],
            [
                new(0, [0, -1, -1], beyond, [false, false, false], [1, 0, 0], [2, 0, 0], [0, 1, 2]),
                new(0, [0, -1, -1], beyond, [true, false, false], [1, 0, 0], [2, 0, 0], [0, 10, 20]),
                new(0, [0, -1, -1], [float.NegativeInfinity, 0, 0], [false, false, false], [1, 0, 0], [2, 0, 0], [0, 100, 200]),
            ]));
        var rows = new Frame([new NumberColumn("x", [0, double.NaN, float.MaxValue, float.MinValue, double.PositiveInfinity, double.NegativeInfinity])]);
        Assert.Equal([211, 212, 211, 211, 211, 111], new Scorer(model).Predict(rows).Values);
        Agrees(model, new([rows["x"].Select([0, 1, 2, 3])]));
    }

    [SkippableFact]
    public void A_tree_of_one_leaf_agrees() => Agrees(
        new(Samples.Signature(ModelTask.Binary, new InputColumn("x", FeatureKind.Numeric)), [new NumericEncoder("x")],
            new TreeEnsemble(Link.Logistic, [0.25f], [new(0, [-1], [0], [false], [0], [0], [0.5f])])),
        new([new NumberColumn("x", [1, double.NaN])]));

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Columns_that_are_empty_in_training_agree_on_full_rows(bool isLinear)
    {
        var train = new Frame(
        [
            new NumberColumn("x", [.. Enumerable.Range(0, 60).Select(i => i % 7 * 1.0)]), Empty("c", 60), Empty("t", 60), Empty("n", 60), Empty("b", 60), Empty("w", 60),
            Samples.Texts("y", Enumerable.Range(0, 60).Select(i => i % 7 > 3 ? "yes" : "no")),
        ]);
        FeatureSpec[] features = [new("x", FeatureKind.Numeric), new("c", FeatureKind.Categorical), new("t", FeatureKind.Text), new("n", FeatureKind.Numeric),
            new("b", FeatureKind.Boolean), new("w", FeatureKind.Timestamp)];
        TrainerOptions trainer = isLinear ? new LinearOptions() : new BoostedTreesOptions { MinRows = 5, Trees = 5 };
        var model = Learner.Fit(train, new(ModelTask.Binary, "y", null, features, trainer), null, 1, default);
        Agrees(model, new(
        [
            new NumberColumn("x", [1, 6, double.NaN]), Samples.Texts("c", ["a", null, "b"]), Samples.Texts("t", ["a few words", null, ""]),
            new NumberColumn("n", [1, -1e30, double.NaN]), new BooleanColumn("b", [0, 1, BooleanColumn.Missing]), new TimestampColumn("w", [0, 1_700_000_000_000, TimestampColumn.Missing]),
        ]));

        static StringColumn Empty(string name, int rows) => new(name, [.. Enumerable.Repeat(StringColumn.Missing, rows)], []);
    }

    [SkippableFact]
    public void Columns_of_any_name_agree()
    {
        string[] names = ["a b", "a_b", "a.b", "a_b_2", "1", "", "\"quoted\" 'twice'", "ß", "日本", "é", "e\u0301", "label", "prediction", "features/all", "block0/values", "a\nb", "\0", "🎉"];
        var model = new TrainedModel(Samples.Signature(ModelTask.Regression, [.. names.Select(name => new InputColumn(name, FeatureKind.Numeric))]),
            [.. names.Select(name => new NumericEncoder(name, 0))], new LinearPredictor(Link.Identity, [[.. names.Select((_, i) => (float)(1 << i))]], [0]));
        Agrees(model, new([.. names.Select((name, i) => new NumberColumn(name, [i % 3, 1, double.NaN]))]));
        Assert.Equal(names, OnnxModel.Read(OnnxModel.Write(model)).Signature.Inputs.Select(input => input.Name));
    }

    /// <summary>All but NUL, which ends a text in ONNX Runtime's C interface; to us it separates words.</summary>
    [SkippableFact]
    public void Texts_and_categories_with_control_characters_or_of_great_length_agree()
    {
        string[] texts = ["a\u0002b", "\u0001", "a\r", "b\u0001a", "\u007Fa", "\uFEFFa", "\u200Ba b", string.Concat(Enumerable.Repeat("a b ", 50_000)), new('a', 100_000)];
        var signature = Samples.Signature(ModelTask.Regression, new InputColumn("t", FeatureKind.Text), new InputColumn("c", FeatureKind.Categorical));
        var model = new TrainedModel(signature, [new OrdinalEncoder("c", ["a", texts[8], "\u0001"], [1, 2, 3], 4, 5), new TextEncoder("t", ["a", "b", "a b", "b a"], [1, 2, 3, 4])],
            new LinearPredictor(Link.Identity, [[100, 1, 3, 5, 7]], [0]));
        Agrees(model, new([Samples.Texts("t", texts), Samples.Texts("c", ["a", texts[8], "\u0001", null, "A", "b", "a ", "ab", "é"])]));
    }

    private static void Agrees(TrainedModel model, Frame rows)
    {
        Skip.If(OnnxOracle.Absent is not null, OnnxOracle.Absent);
        var ours = new Scorer(model).Predict(rows);
        var theirs = OnnxOracle.Score(OnnxModel.Write(model), rows);
        Assert.Equal(ours.Values.Length, theirs.Values.Length);
        for (var i = 0; i < ours.Values.Length; i++)
        {
            var difference = Math.Abs(ours.Values[i] - theirs.Values[i]);
            Assert.True(difference <= 1e-5 * Math.Max(1, Math.Abs(ours.Values[i])), $"value {i}: ours {ours.Values[i]}, theirs {theirs.Values[i]}");
        }

        for (var r = 0; theirs.Labels is not null && r < ours.Rows; r++)
        {
            Assert.Equal(ours.Class(r), theirs.Labels[r]);
        }
    }
}
