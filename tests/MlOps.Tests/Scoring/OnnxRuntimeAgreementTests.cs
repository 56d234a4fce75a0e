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
