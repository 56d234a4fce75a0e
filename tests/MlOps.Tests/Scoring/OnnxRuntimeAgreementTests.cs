using MlOps.Data;
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
        string[] terms = [.. texts.SelectMany(Tokenizer.Terms).Distinct(StringComparer.Ordinal).Where(t => t[0] % 3 != 0)];
        float[] weights = [.. terms.Select(_ => random.NextSingle() + 0.5f)];
        var model = new TrainedModel(Samples.Signature(ModelTask.Regression, new InputColumn("t", FeatureKind.Text)),
            [new TextEncoder("t", terms, weights)], new LinearPredictor(Link.Identity, [weights], [0]));
        Agrees(model, new([Samples.Texts("t", texts)]));
    }

    [SkippableFact]
    public void Every_millisecond_of_the_calendar_agrees()
    {
        var random = new Random(51);
        var model = new TrainedModel(Samples.Signature(ModelTask.Regression, new InputColumn("w", FeatureKind.Timestamp)),
            [new CalendarEncoder("w", [CalendarPart.Month, CalendarPart.Weekday, CalendarPart.Hour], [0.5f, 0.5f, 0.5f], [0, 0, 0], [1, 1, 1])],
            new LinearPredictor(Link.Identity, [[1000, 100, 1]], [0]));
        long[] edges = [TimestampColumn.Missing, 0, -1, 86_399_999, 86_400_000, -62_135_596_800_000, 253_402_300_799_999, 951_782_400_000, 951_868_800_000];
        Agrees(model, new([new TimestampColumn("w", [.. edges, .. Enumerable.Range(0, 3000).Select(_ => random.NextInt64(edges[5], edges[6]))])]));
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
