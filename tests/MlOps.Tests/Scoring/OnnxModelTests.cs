using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Tests.Scoring;

public sealed class OnnxModelTests
{
    public static TheoryData<ModelTask, bool, int> Models()
    {
        var models = new TheoryData<ModelTask, bool, int>();
        foreach (var task in Enum.GetValues<ModelTask>())
        {
            for (var seed = 0; seed < 5; seed++)
            {
                models.Add(task, true, seed);
                models.Add(task, false, seed);
            }
        }

        return models;
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_model_read_back_scores_exactly_as_the_one_written(ModelTask task, bool trees, int seed)
    {
        var model = trees ? Samples.Forest(task, seed) : Samples.Linear(task, seed, shuffledTerms: seed % 2 == 0);
        var read = OnnxModel.Read(OnnxModel.Write(model));
        var rows = Samples.Rows(200, seed);
        Assert.Equal(Bits(new Scorer(model).Predict(rows)), Bits(new Scorer(read).Predict(rows)));
        Assert.Equal(model.Signature.Inputs, read.Signature.Inputs);
        Assert.Equal(model.Signature.Classes, read.Signature.Classes);
        Assert.Equal((model.Signature.Task, model.Signature.Label), (read.Signature.Task, read.Signature.Label));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_logarithmic_link_is_read_back(bool trees)
    {
        var model = Samples.Exponential(trees, 6);
        var read = OnnxModel.Read(OnnxModel.Write(model));
        var rows = Samples.Rows(200, 7);
        Assert.Equal(Link.Exponential, read.Predictor.Link);
        Assert.Equal(Bits(new Scorer(model).Predict(rows)), Bits(new Scorer(read).Predict(rows)));
        Assert.All(new Scorer(read).Predict(rows).Values, p => Assert.True(p > 0));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Equal_models_have_equal_bytes(ModelTask task, bool trees, int seed)
    {
        byte[] Bytes() => OnnxModel.Write(trees ? Samples.Forest(task, seed) : Samples.Linear(task, seed));
        Assert.Equal(Bytes(), Bytes());
        Assert.Equal(Bytes(), OnnxModel.Write(OnnxModel.Read(Bytes())));
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused_with_a_diagnostic()
    {
        var whole = OnnxModel.Write(Samples.Forest(ModelTask.Binary, 3, trees: 2));
        for (var length = 0; length < whole.Length; length += 7)
        {
            var cut = whole[..length];
            Assert.Matches("^MLO501[01] ", Assert.Throws<DiagnosticException>(() => OnnxModel.Read(cut)).Message);
        }
    }

    [Fact]
    public void A_file_with_a_damaged_byte_is_refused_or_read_as_a_model_that_checks()
    {
        var whole = OnnxModel.Write(Samples.Forest(ModelTask.Multiclass, 4, trees: 3));
        for (var at = 0; at < whole.Length; at += 3)
        {
            var damaged = (byte[])whole.Clone();
            damaged[at] ^= 0x15;
            try
            {
                new Scorer(OnnxModel.Read(damaged)).Predict(Samples.Rows(3, 5));
            }
            catch (DiagnosticException e)
            {
                Assert.StartsWith("MLO50", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a model at all")]
    [InlineData("PK\u0003\u0004")]
    public void What_is_no_ONNX_file_is_refused(string content) =>
        Assert.StartsWith("MLO5010 ", Assert.Throws<DiagnosticException>(() => OnnxModel.Read(System.Text.Encoding.UTF8.GetBytes(content))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_graph_that_does_more_than_the_model_found_in_it_is_refused()
    {
        var bytes = OnnxModel.Write(Samples.Linear(ModelTask.Binary, 1));
        var at = bytes.AsSpan().IndexOf("Sigmoid"u8);
        "Softmax"u8.CopyTo(bytes.AsSpan(at));
        Assert.StartsWith("MLO5011 ", Assert.Throws<DiagnosticException>(() => OnnxModel.Read(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_that_are_no_identifiers_survive()
    {
        InputColumn[] inputs = [new("a b", FeatureKind.Numeric), new("a-b", FeatureKind.Numeric), new("7", FeatureKind.Boolean), new("", FeatureKind.Text), new("a_b", FeatureKind.Timestamp)];
        var model = new TrainedModel(Samples.Signature(ModelTask.Regression, inputs), [new NumericEncoder("a-b")], new LinearPredictor(Link.Identity, [[2]], [1]));
        Assert.Equal(inputs, OnnxModel.Read(OnnxModel.Write(model)).Signature.Inputs);
    }

    [Fact]
    public void A_model_that_contradicts_itself_is_not_written()
    {
        var model = Samples.Linear(ModelTask.Regression, 1);
        Assert.Throws<ArgumentException>(() => OnnxModel.Write(model with { Encoders = [.. model.Encoders.Skip(1)] }));
        Assert.Throws<ArgumentException>(() => OnnxModel.Write(model with { Signature = model.Signature with { Task = ModelTask.Binary } }));
        Tree loop = new(0, [0, 0, -1], [1, 1, 0], [false, false, false], [1, 1, 0], [2, 2, 0], [0, 0, 0]);
        Assert.Throws<ArgumentException>(() => OnnxModel.Write(model with { Predictor = new TreeEnsemble(Link.Identity, [0], [loop]) }));
    }

    private static int[] Bits(Predictions predictions) => Array.ConvertAll(predictions.Values, BitConverter.SingleToInt32Bits);
}
