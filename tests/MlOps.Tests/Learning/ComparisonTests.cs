using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Tests.Learning;

public class ComparisonTests
{
    private static readonly EvaluationOptions Options = new() { Intervals = new() { Resamples = 200 }, Slices = [new() { Column = "group" }] };

    [Theory]
    [InlineData(ModelTask.Regression, "rmse")]
    [InlineData(ModelTask.Regression, "r2")]
    [InlineData(ModelTask.Binary, "auc")]
    [InlineData(ModelTask.Binary, "logLoss")]
    [InlineData(ModelTask.Multiclass, "macroF1")]
    public void Turning_a_comparison_round_turns_its_signs(ModelTask task, string metric)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var (a, test, _) = EvaluationTests.Sample(task, 150, seed);
            var (b, _, _) = EvaluationTests.Sample(task, 150, seed + 1000);
            var there = Comparison.Of(a, b, test, metric, 0.95, Options, 1, default);
            var back = Comparison.Of(b, a, test, metric, 0.95, Options, 2, default);
            foreach (var (one, other) in there.Zip(back))
            {
                Assert.Equal((one.Slice, one.Rows), (other.Slice, other.Rows));
                Assert.Equal(-one.Gain!.Value, other.Gain!.Value, 1e-12);
                Assert.Equal(-one.Interval!.Value.Low, other.Interval!.Value.High, 1e-12);
                Assert.Equal(-one.Interval!.Value.High, other.Interval!.Value.Low, 1e-12);
                Assert.InRange(one.Gain!.Value, one.Interval!.Value.Low - 0.2, one.Interval!.Value.High + 0.2);
            }
        }
    }

    [Fact]
    public void A_model_gains_nothing_on_itself()
    {
        var (a, test, _) = EvaluationTests.Sample(ModelTask.Binary, 150, 3);
        Assert.All(Comparison.Of(a, a, test, "auc", 0.95, Options, 1, default), compared => Assert.Equal((0.0, new Interval(0, 0)), (compared.Gain!.Value, compared.Interval!.Value)));
    }

    [Fact]
    public void More_is_better_whatever_the_metric()
    {
        var signature = new Signature(ModelTask.Regression, "y", [], []);
        var test = Rows.Of(Rows.Numbers("y", [.. Enumerable.Range(0, 50).Select(i => (double)i)]));
        Predictions Off(float by) => new(signature, [.. Enumerable.Range(0, 50).Select(i => i + by)]);
        foreach (var metric in Metrics.Names(ModelTask.Regression))
        {
            Assert.True(Comparison.Of(Off(1), Off(2), test, metric, 0.95, Options with { Slices = [] }, 1, default)[0].Interval!.Value.Low > 0);
        }
    }

    [Fact]
    public void A_gap_is_the_difference_of_the_groups_farthest_apart()
    {
        var two = new Signature(ModelTask.Binary, "y", [], ["no", "yes"]);
        string[] groups = [.. Enumerable.Range(0, 90).Select(i => "abc"[i / 30].ToString()), "tiny", "tiny"];
        string[] truth = [.. Enumerable.Range(0, 90).Select(i => i % 2 == 0 ? "yes" : "no"), "yes", "yes"];
        // Of the positive rows a finds all, b two thirds, c a third.
        float[] scores = [.. Enumerable.Range(0, 90).Select(i => i % 2 == 0 && (i % 30 / 2) % 3 < 3 - (i / 30) ? 0.9f : 0.1f), 0.1f, 0.1f];
        var predictions = new Predictions(two, [.. scores.SelectMany(s => new[] { 1 - s, s })]);
        var test = Rows.Of(Rows.Texts("y", truth), Rows.Texts("sex", groups));
        var gap = Gap.Of(predictions, test, new() { Column = "sex" }, "truePositiveRate", Options with { MinRows = 10 }, 1, default);
        Assert.Equal(["c", "b", "a"], gap.Groups.Select(group => group.Group));
        Assert.Equal(2 / 3.0, gap.Difference!.Value, 1e-12);
        Assert.Equal(30, gap.Rows);
        Assert.InRange(gap.Difference!.Value, gap.Interval!.Value.Low, gap.Interval.Value.High);
        Assert.Null(Gap.Of(predictions, test, new() { Column = "sex" }, "truePositiveRate", Options with { MinRows = 31 }, 1, default).Difference);
    }
}
