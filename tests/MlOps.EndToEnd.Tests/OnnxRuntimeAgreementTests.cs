using MlOps.Content;
using MlOps.Data;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Engine;
using MlOps.Scoring;
using MlOps.Scoring.Oracle;

namespace MlOps.EndToEnd.Tests;

/// <summary>Another program reads the samples' models and predicts what we predict.</summary>
public sealed class OnnxRuntimeAgreementTests(OnnxRuntimeAgreementTests.TrainedSamples samples) : IClassFixture<OnnxRuntimeAgreementTests.TrainedSamples>
{
    private const int Most = 1000;

    [SkippableTheory]
    [InlineData("bike-demand")]
    [InlineData("churn")]
    [InlineData("ticket-routing")]
    public void Onnx_Runtime_agrees_on_held_out_rows(string sample)
    {
        Skip.If(OnnxOracle.Absent is not null, OnnxOracle.Absent);
        var model = samples.Output(sample, "train", "model.onnx");
        var test = FrameFile.FromBytes(samples.Output(sample, "prepare", "test.frame"));
        var count = Math.Min(Most, test.RowCount);
        var rows = test.Select([.. Enumerable.Range(0, count).Select(i => (int)((long)i * test.RowCount / count))]);

        var ours = new Scorer(OnnxModel.Read(model)).Predict(rows);
        var theirs = OnnxOracle.Score(model, rows);

        Assert.Equal(count, ours.Rows);
        Assert.Equal(ours.Values.Length, theirs.Values.Length);
        for (var i = 0; i < ours.Values.Length; i++)
        {
            Assert.True(Math.Abs(ours.Values[i] - theirs.Values[i]) <= 1e-4 * Math.Max(1, Math.Abs(ours.Values[i])), $"value {i}: ours {ours.Values[i]}, theirs {theirs.Values[i]}");
        }

        for (var row = 0; theirs.Labels is not null && row < count; row++)
        {
            Assert.Equal(ours.Class(row), theirs.Labels[row]);
        }
    }

    [Theory]
    [InlineData("bike-demand")]
    [InlineData("churn")]
    [InlineData("ticket-routing")]
    public void Explanations_of_held_out_rows_add_up_to_their_predictions(string sample)
    {
        var model = OnnxModel.Read(samples.Output(sample, "train", "model.onnx"));
        var rows = FrameFile.FromBytes(samples.Output(sample, "prepare", "test.frame")).Select([.. Enumerable.Range(0, 200)]);

        var explained = new Explainer(model).Explain(rows);

        var predictions = new Scorer(model).Predict(rows);
        for (var r = 0; r < 200; r++)
        {
            double[] raw = [.. explained.BaseValues.Select((value, k) => value + explained.Of(r, k).ToArray().Sum())];
            double[] expected = model.Signature.Task switch
            {
                ModelTask.Regression => raw,
                ModelTask.Binary => [1 - DeterministicMath.Sigmoid(raw[0]), DeterministicMath.Sigmoid(raw[0])],
                _ => [.. raw.Select(score => DeterministicMath.Exp(score) / raw.Sum(DeterministicMath.Exp))],
            };
            Assert.All(expected.Zip(predictions.Row(r).ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-6 * Math.Max(1, Math.Abs(pair.First))));
        }
    }

    /// <summary>The samples, trained once.</summary>
    public sealed class TrainedSamples : IDisposable
    {
        private readonly Workspace _workspace = Workspace.OfSamples();

        public TrainedSamples() => _workspace.Run("Train").Expect(0);

        internal byte[] Output(string model, string step, string output)
        {
            var trace = LockFile.Read(_workspace.At("data.lock.json")).Find(new($"models/{model}", step));
            return new ContentStore(_workspace.At(".mlops/store")).TryRead(trace!.Outputs[output])!;
        }

        public void Dispose() => _workspace.Dispose();
    }
}
