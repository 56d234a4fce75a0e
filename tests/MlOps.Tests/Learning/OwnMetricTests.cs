using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Tests.Learning;

/// <summary>Metrics of a model's own: the same rows, resamples and slices as the product's.</summary>
public sealed class OwnMetricTests
{
    private static readonly Frame Test = Frame(200);

    private static readonly Signature Numbers = new(ModelTask.Regression, "y", [new("x", FeatureKind.Numeric)], []);

    [Fact]
    public void What_the_product_computes_too_has_the_same_value_interval_and_slices()
    {
        var options = Options(Mae) with { Slices = [new() { Column = "group" }] };
        var measured = Evaluation.Of(Numbers, Guess(0.5), Test, options, 2, default);

        Assert.Equal(measured.All.Metrics["mae"]!.Value, measured.All.Metrics["own"]!.Value, 1e-12);
        Assert.Equal(measured.All.Intervals["mae"]!.Value.Low, measured.All.Intervals["own"]!.Value.Low, 1e-12);
        Assert.Equal(measured.All.Intervals["mae"]!.Value.High, measured.All.Intervals["own"]!.Value.High, 1e-12);
        Assert.Equal(2, measured.Slices.Count);
        Assert.All(measured.Slices, slice => Assert.Equal(slice.Measured.Metrics["mae"]!.Value, slice.Measured.Metrics["own"]!.Value, 1e-12));
    }

    [Fact]
    public void Models_and_groups_are_compared_by_it_as_by_the_products()
    {
        var options = Options(Mae);
        Comparison Compared(string metric) => Comparison.Of(Guess(0.5), Guess(3), Test, metric, 0.95, options, 1, default)[0];
        Gap Apart(string metric) => Gap.Of(Guess(3), Test, new() { Column = "group" }, metric, options, 1, default);

        Assert.True(Compared("own").Gain > 0);
        Assert.Equal(Compared("mae").Gain!.Value, Compared("own").Gain!.Value, 1e-12);
        Assert.Equal(Compared("mae").Interval!.Value.Low, Compared("own").Interval!.Value.Low, 1e-12);
        Assert.Equal(Apart("mae").Difference!.Value, Apart("own").Difference!.Value, 1e-12);
        Assert.Equal(Apart("mae").Interval!.Value.High, Apart("own").Interval!.Value.High, 1e-12);
    }

    [Theory]
    [InlineData(BetterMetric.Lower, 1)]
    [InlineData(BetterMetric.Higher, -1)]
    public void Which_values_are_better_is_as_declared(BetterMetric better, int sign) =>
        Assert.Equal(sign, Math.Sign(Comparison.Of(Guess(0.5), Guess(3), Test, "own", 0.95, Options(Mae, better), 1, default)[0].Gain!.Value));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void What_is_no_finite_number_is_undefined_and_never_passes(double value)
    {
        var options = Options(_ => value);
        var measured = Evaluation.Of(Numbers, Guess(0.5), Test, options, 1, default).All;

        Assert.Null(measured.Metrics["own"]);
        Assert.Null(measured.Intervals["own"]);
        Assert.Equal(Verdict.Fail, Gate.Check(new Dictionary<string, GateBounds> { ["own"] = new() { Min = -1e300 } }, measured.Metrics).Outcome);
    }

    [Fact]
    public void It_gets_the_rows_with_a_label_in_their_order_and_their_weights_as_they_stand()
    {
        var test = Rows.Of(Rows.Numbers("y", 3, double.NaN, 1), Rows.Numbers("w", 2, 5, double.NaN));
        (double[] Actual, double[] Predicted, double[] Weights) got = ([], [], []);
        var options = Options(sample =>
        {
            got = (sample.Numbers.ToArray(), sample.Predicted.ToArray(), sample.Weights.ToArray());
            return 0;
        });

        Metrics.Evaluate(Numbers, new(Numbers, [10, 20, 30]), test, options with { Weight = "w" });
        Assert.Equal([3, 1], got.Actual);
        Assert.Equal([10, 30], got.Predicted);
        Assert.Equal([2, double.NaN], got.Weights);
        Metrics.Evaluate(Numbers, new(Numbers, [10, 20, 30]), test, options);
        Assert.Equal([1, 1], got.Weights);
    }

    [Fact]
    public void Of_two_classes_it_gets_what_is_positive_the_probability_and_the_call_at_the_threshold()
    {
        var signature = new Signature(ModelTask.Binary, "y", [new("x", FeatureKind.Numeric)], ["no", "yes"]) { Threshold = 0.3f };
        (bool[] Positives, double[] Predicted, bool[] Called) got = ([], [], []);
        var options = Options(sample =>
        {
            got = (sample.Positives.ToArray(), sample.Predicted.ToArray(), sample.PredictedPositives.ToArray());
            return 0;
        });

        // The scores fall, so that the product's own order is another one.
        Metrics.Evaluate(signature, new(signature, [0.25f, 0.75f, 0.5f, 0.5f, 0.75f, 0.25f]), Rows.Of(Rows.Texts("y", "no", "yes", "never seen")), options);
        Assert.Equal([false, true, false], got.Positives);
        Assert.Equal([0.75, 0.5, 0.25], got.Predicted);
        Assert.Equal([true, true, false], got.Called);
    }

    [Fact]
    public void Of_many_classes_it_gets_their_names_also_of_those_that_training_never_saw()
    {
        var signature = new Signature(ModelTask.Multiclass, "y", [new("x", FeatureKind.Numeric)], ["a", "b", "c"]);
        (string[] Classes, string[] Predicted) got = ([], []);
        var options = Options(sample =>
        {
            got = (sample.Classes.ToArray(), sample.PredictedClasses.ToArray());
            return 0;
        });

        Metrics.Evaluate(signature, new(signature, [0.5f, 0.25f, 0.25f, 0, 0, 1]), Rows.Of(Rows.Texts("y", "b", "z")), options);
        Assert.Equal(["b", "z"], got.Classes);
        Assert.Equal(["a", "c"], got.Predicted);
    }

    [Fact]
    public void Folds_are_measured_by_it()
    {
        var spec = Rows.Spec(ModelTask.Regression, "y", new LinearOptions(), ("x", FeatureKind.Numeric));
        var folds = Folds.Of(Test, SplitBy.Hash, null, 3);

        Assert.Equal(
            CrossValidation.Scores(Test, folds, (spec, "mae"), 1, null, 1, default).Select(score => Math.Round(score!.Value, 9)),
            CrossValidation.Scores(Test, folds, (spec, "own"), 1, null, 1, default, Options(Mae)).Select(score => Math.Round(score!.Value, 9)));
    }

    private static EvaluationOptions Options(MetricFunction function, BetterMetric better = BetterMetric.Lower) =>
        new() { Metrics = new() { ["own"] = new() { Code = "A.B", Better = better, Function = function } } };

    private static double Mae(MetricSample sample)
    {
        var sum = 0.0;
        for (var row = 0; row < sample.Numbers.Length; row++)
        {
            sum += Math.Abs(sample.Numbers[row] - sample.Predicted[row]);
        }

        return sum / sample.Numbers.Length;
    }

    private static Predictions Guess(double off) => new(Numbers, [.. ((NumberColumn)Test["y"]).Values.Select((y, row) => (float)(y + (row % 7 * off)))]);

    private static Frame Frame(int rows)
    {
        double[] x = [.. Rows.Stream(7).Take(rows)];
        return Rows.Of(Rows.Numbers("x", x), Rows.Numbers("y", [.. x.Select((value, row) => (3 * value) + (row % 5))]), Rows.Texts("group", [.. x.Select((_, row) => row % 3 == 0 ? "g" : "h")]));
    }
}
