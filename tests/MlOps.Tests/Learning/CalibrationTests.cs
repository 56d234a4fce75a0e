using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Learning.Internal.Calibration;
using MlOps.Scoring;
using MlOps.Tests.Learning.Oracle;

namespace MlOps.Tests.Learning;

public class CalibrationTests
{
    private static readonly BoostedTreesOptions Trees = new() { Trees = 20, Leaves = 8 };

    [Theory]
    [InlineData(1, 400)]
    [InlineData(2, 37)]
    public void Isotonic_levels_and_lines_equal_those_of_scikit_learn(int seed, int rows)
    {
        var (scores, positive) = Sample(seed, rows);
        double[] grid = [-10, .. Enumerable.Range(0, 200).Select(i => (i - 100) / 30.0), 10];
        var said = Sklearn.Ask($"isotonic-{seed}", """
            from sklearn.isotonic import IsotonicRegression
            model = IsotonicRegression(out_of_bounds="clip").fit(given["scores"], given["positive"])
            answer = {"own": model.predict(given["scores"]).tolist(), "grid": model.predict(given["grid"]).tolist()}
            """, new JsonObject { ["scores"] = Sklearn.Numbers(scores), ["positive"] = Sklearn.Numbers(positive.Select(p => p ? 1 : 0)), ["grid"] = Sklearn.Numbers(grid) });
        var (knots, levels) = Isotonic.Knots([.. scores.Select(s => (float)s)], positive);
        for (var row = 0; row < rows; row++)
        {
            var above = knots.FindIndex(knot => knot >= (float)scores[row]);
            Assert.Equal((double)said["own"]![row]!, levels[above], 1e-9);
        }

        // Base, widths and heights are float32, each knot's level their sum.
        var ours = Scorer.Probabilities(grid, Isotonic.Fit(scores, positive));
        Assert.All(ours.Zip(said["grid"]!.AsArray()), pair => Assert.Equal((double)pair.Second!, pair.First, 2e-6));
    }

    [Theory]
    [InlineData(3, 500)]
    [InlineData(4, 25)]
    public void Platt_equals_that_of_scikit_learn_up_to_where_that_one_stops(int seed, int rows)
    {
        var (scores, positive) = Sample(seed, rows);
        var said = Sklearn.Ask($"platt-{seed}", """
            from sklearn.calibration import _sigmoid_calibration
            a, b = _sigmoid_calibration(np.array(given["scores"]), np.array(given["positive"]))
            answer = {"slope": -a, "intercept": -b}
            """, new JsonObject { ["scores"] = Sklearn.Numbers(scores), ["positive"] = Sklearn.Numbers(positive.Select(p => p ? 1 : 0)) });
        var (slope, intercept) = Platt.Solve(scores, positive);
        Assert.Equal((double)said["slope"]!, slope, 1e-4);
        Assert.Equal((double)said["intercept"]!, intercept, 1e-4);

        // At the least loss both derivatives vanish: by finite sums of the closed form.
        double up = positive.Count(p => p), down = rows - up;
        double[] errors = [.. scores.Select((score, row) => (1 / (1 + Math.Exp(-(slope * score) - intercept))) - (positive[row] ? (up + 1) / (up + 2) : 1 / (down + 2)))];
        Assert.Equal(0, errors.Sum() / rows, 1e-9);
        Assert.Equal(0, errors.Zip(scores, (error, score) => error * score).Sum() / rows, 1e-9);
    }

    [Fact]
    public void Scores_that_part_the_classes_calibrate_to_finite_numbers()
    {
        double[] scores = [-3, -2, -1, 1, 2, 3];
        bool[] positive = [false, false, false, true, true, true];
        var platt = Platt.Fit(scores, positive);
        Assert.True(float.IsFinite(platt.Slope) && float.IsFinite(platt.Intercept) && platt.Slope > 0);
        Assert.Equal([0, 0, 0, 1, 1, 1], Scorer.Probabilities(scores, Isotonic.Fit(scores, positive)));
        Assert.Equal([0.5f, 0.5f], Scorer.Probabilities([7, 8], Isotonic.Fit([1, 1], [true, false])));
    }

    [Fact]
    public void The_threshold_costs_least_of_all()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            float[] probabilities = [.. Enumerable.Range(0, 40).Select(_ => random.Next(0, 12) / 11f)];
            bool[] positive = [.. probabilities.Select(p => random.NextDouble() < p)];
            var costs = new ErrorCosts { FalsePositive = 1 + random.Next(5), FalseNegative = 1 + random.Next(5) };
            var least = probabilities.Append(2f).Append(0f).Min(Cost);
            Assert.Equal(least, Cost(CostThreshold.Least(probabilities, positive, costs)));

            double Cost(float threshold) => probabilities.Zip(positive, (p, isPositive) => (p >= threshold) == isPositive ? 0 : isPositive ? costs.FalseNegative : costs.FalsePositive).Sum();
        }
    }

    [Theory]
    [InlineData(CalibrationKind.Platt)]
    [InlineData(CalibrationKind.Isotonic)]
    public void A_calibrated_model_is_the_same_bytes_with_any_threads_and_reads_back(CalibrationKind kind)
    {
        var train = Rows.Mixed(600, 3);
        var spec = Rows.MixedSpec(ModelTask.Binary, Trees) with { Calibrate = kind, Costs = new() { FalsePositive = 1, FalseNegative = 5 } };
        var model = Rows.Fit(train, spec);
        var bytes = OnnxModel.Write(model);
        Assert.Equal(bytes, OnnxModel.Write(Rows.Fit(train, spec, threads: 5)));
        Assert.NotNull(model.Calibration);
        Assert.InRange(model.Signature.Threshold, 0.01f, 0.49f);
        var read = OnnxModel.Read(bytes);
        Assert.Equal(model.Signature.Threshold, read.Signature.Threshold);
        Assert.Equal(model.Predict(train), read.Predict(train));
        var predictions = new Scorer(read).Predict(train);
        Assert.All(Enumerable.Range(0, 600), row => Assert.Equal(predictions.Row(row)[1] >= model.Signature.Threshold ? model.Signature.Classes[1] : model.Signature.Classes[0], predictions.Class(row)));
    }

    [Theory]
    [InlineData(CalibrationKind.Platt)]
    [InlineData(CalibrationKind.Isotonic)]
    public void Calibration_mends_probabilities_that_are_too_sure(CalibrationKind kind)
    {
        var spec = Rows.MixedSpec(ModelTask.Binary, new BoostedTreesOptions { Trees = 300, LearningRate = 0.3 });
        var (train, test) = (Rows.Mixed(1500, 3), Rows.Mixed(1500, 4));
        double Loss(LearningSpec spec)
        {
            var model = Rows.Fit(train, spec);
            return Metrics.Evaluate(model.Signature, new Scorer(model).Predict(test), test)["logLoss"]!.Value;
        }

        Assert.True(Loss(spec with { Calibrate = kind }) < Loss(spec));
    }

    [Fact]
    public void A_model_without_calibration_is_the_same_as_ever()
    {
        var model = Rows.Fit(Rows.Mixed(200, 1), Rows.MixedSpec(ModelTask.Binary, Trees));
        Assert.Equal((null, 0.5f), (model.Calibration, model.Signature.Threshold));
    }

    [Fact]
    public void A_key_stays_in_one_fold_and_folds_are_about_equal()
    {
        var rows = Rows.Of(Rows.Texts("who", [.. Enumerable.Range(0, 500).Select(row => row % 7 == 0 ? null : $"p{row % 23}")]), Rows.Numbers("a", [.. Enumerable.Range(0, 500).Select(row => (double)row)]));
        var folds = CalibrationFolds.Assign(rows, new bool[500], new(SplitBy.Group, "who"), 5);
        Assert.All(Enumerable.Range(0, 500).GroupBy(row => rows["who"].Text(row)), key => Assert.Single(key.Select(row => folds[row]).Distinct()));
        Assert.All(folds.GroupBy(fold => fold), fold => Assert.InRange(fold.Count(), 70, 130));
        Assert.Equal(5, folds.Distinct().Count());
    }

    [Fact]
    public void By_time_no_row_is_scored_by_a_model_of_later_ones()
    {
        // The label follows what only later rows tell: a fold that had seen the future would score its rows well.
        var time = Enumerable.Range(0, 600).Select(row => (long)(row * 7919 % 600)).ToArray();
        var rows = Rows.Of(new TimestampColumn("when", time), Rows.Texts("two", [.. time.Select(t => t % 3 == 0 ? "yes" : "no")]), Rows.Numbers("a", [.. time.Select(t => (double)t)]));
        var folds = CalibrationFolds.Assign(rows, new bool[600], new(SplitBy.Time, "when"), 5);
        Assert.All(Enumerable.Range(0, 600), row => Assert.Equal(time[row] / 120, folds[row]));

        var spec = Rows.Spec(ModelTask.Binary, "two", new LinearOptions(), ("a", FeatureKind.Numeric)) with { Calibrate = CalibrationKind.Platt };
        var (byHash, byTime) = (Rows.Fit(rows, spec), Rows.Fit(rows, spec with { Folds = new(SplitBy.Time, "when") }));
        Assert.NotEqual(byHash.Calibration, byTime.Calibration);
        Assert.Equal(OnnxModel.Write(byTime), OnnxModel.Write(Rows.Fit(rows, spec with { Folds = new(SplitBy.Time, "when") }, threads: 4)));
    }

    [Fact]
    public void Folds_without_a_class_are_refused_and_say_what_is_wanted()
    {
        var rows = Rows.Of(new TimestampColumn("when", [.. Enumerable.Range(0, 100).Select(row => (long)row)]), Rows.Texts("two", [.. Enumerable.Range(0, 100).Select(row => row >= 90 ? "yes" : "no")]),
            Rows.Numbers("a", [.. Enumerable.Range(0, 100).Select(row => (double)row)]));
        var spec = Rows.Spec(ModelTask.Binary, "two", new LinearOptions(), ("a", FeatureKind.Numeric)) with { Calibrate = CalibrationKind.Platt, Folds = new(SplitBy.Time, "when") };
        var found = Assert.Throws<DiagnosticException>(() => Rows.Fit(rows, spec)).Diagnostics[0];
        Assert.Equal("MLO6041", found.Code);
        Assert.Contains("the first fifth of 'when'", found.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_calibrated_is_refused()
    {
        var train = Rows.Mixed(300, 1);
        Assert.Equal("MLO6042", Code(Rows.MixedSpec(ModelTask.Multiclass, Trees) with { Calibrate = CalibrationKind.Platt }));
        Assert.Equal("MLO6042", Code(Rows.MixedSpec(ModelTask.Regression, Trees) with { Costs = new() { FalsePositive = 1, FalseNegative = 1 } }));
        Assert.Equal("MLO6043", Code(Rows.MixedSpec(ModelTask.Binary, Trees) with { Costs = new() { FalsePositive = 0, FalseNegative = 1 } }));
        train = Rows.Of(Rows.Numbers("a", 1, 2, 3, 4, 5, 6, 7, 8), Rows.Texts("two", "yes", "no", "no", "no", "no", "no", "no", "no"));
        Assert.Equal("MLO6041", Code(Rows.Spec(ModelTask.Binary, "two", new LinearOptions(), ("a", FeatureKind.Numeric)) with { Calibrate = CalibrationKind.Platt }));

        string Code(LearningSpec spec) => Assert.Throws<DiagnosticException>(() => Rows.Fit(train, spec)).Diagnostics[0].Code;
    }

    /// <summary>Scores on a grid, so that there are ties, and labels that follow them a little.</summary>
    private static (double[] Scores, bool[] Positive) Sample(int seed, int rows)
    {
        var random = new Random(seed);
        double[] scores = [.. Enumerable.Range(0, rows).Select(_ => (random.Next(256) - 128) / 64.0)];
        return (scores, [.. scores.Select(score => random.NextDouble() < 1 / (1 + Math.Exp(0.5 - score)))]);
    }
}
