using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;
using MlOps.Tests.Learning.Oracle;

namespace MlOps.Tests.Learning;

public class EvaluationTests
{
    private const int Resampled = 60;

    private static readonly EvaluationOptions Few = new() { Intervals = new() { Resamples = Resampled, Confidence = 0.9 } };

    /// <summary>The metrics and, of every resample, the metrics again, as scikit-learn computes them; the percentiles are numpy's.</summary>
    private const string Script = """
        from sklearn import metrics as m
        import warnings
        warnings.simplefilter("ignore")
        task, threshold = given["task"], given["threshold"]
        P, y = np.array(given["predictions"]), np.array(given["truth"])
        def loss(P, y): return float(-np.mean(np.log(np.clip(P[np.arange(len(y)), y], 1e-7, 1 - 1e-7))))
        def measure(i):
            p, t = P[i], y[i]
            if task == "Regression":
                p = p[:, 0]
                return {"rmse": m.mean_squared_error(t, p) ** 0.5, "mae": m.mean_absolute_error(t, p), "r2": m.r2_score(t, p)}
            if task == "Binary":
                c = p[:, 1] >= threshold
                return {"auc": m.roc_auc_score(t, p[:, 1]) if len(set(t)) == 2 else None, "accuracy": m.accuracy_score(t, c), "f1": m.f1_score(t, c), "logLoss": loss(p, t)}
            c = p.argmax(1)
            return {"accuracy": m.accuracy_score(t, c), "macroAccuracy": m.balanced_accuracy_score(t, c), "macroF1": m.f1_score(t, c, average="macro"), "logLoss": loss(p, t)}
        every = [measure(np.array(i)) for i in given["resamples"]]
        answer = {"all": measure(np.arange(len(y))), "low": {}, "high": {}}
        for name in answer["all"]:
            values = np.array([np.nan if e[name] is None else e[name] for e in every], dtype=float)
            answer["low"][name], answer["high"][name] = np.nanpercentile(values, [5, 95]).tolist()
        """;

    [Theory]
    [InlineData(ModelTask.Regression, 1)]
    [InlineData(ModelTask.Binary, 2)]
    [InlineData(ModelTask.Multiclass, 3)]
    public void Metrics_and_intervals_equal_those_of_scikit_learn_and_numpy(ModelTask task, int seed)
    {
        var (predictions, test, truth) = Sample(task, 300, seed);
        EqualsReference($"evaluation-{task}", predictions, test, truth);
    }

    /// <summary>Holds metrics and intervals against those of scikit-learn and numpy on the same resamples.</summary>
    /// <param name="truth">The label's numbers, or the classes' places.</param>
    internal static void EqualsReference(string golden, Predictions predictions, Frame test, JsonArray truth)
    {
        var (task, resamples) = (predictions.Signature.Task, Resamples.Of(test[predictions.Signature.Label], Resampled));
        var said = Sklearn.Ask(golden, Script, new JsonObject
        {
            ["task"] = task.ToString(),
            ["threshold"] = (double)predictions.Signature.Threshold,
            ["predictions"] = new JsonArray([.. Enumerable.Range(0, test.RowCount).Select(row => (JsonNode)Sklearn.Numbers(predictions.Row(row).ToArray().Select(p => (double)p)))]),
            ["truth"] = truth,
            ["resamples"] = new JsonArray([.. Enumerable.Range(0, Resampled).Select(r => (JsonNode)Sklearn.Numbers(resamples.Indices(r)))]),
        });
        var measured = Evaluation.Of(predictions.Signature, predictions, test, Few, 2, default).All;
        foreach (var name in Metrics.Names(task))
        {
            Assert.Equal((double)said["all"]![name]!, measured.Metrics[name]!.Value, 1e-9);
            Assert.Equal((double)said["low"]![name]!, measured.Intervals[name]!.Value.Low, 1e-9);
            Assert.Equal((double)said["high"]![name]!, measured.Intervals[name]!.Value.High, 1e-9);
        }
    }

    [Theory]
    [InlineData(ModelTask.Regression)]
    [InlineData(ModelTask.Binary)]
    [InlineData(ModelTask.Multiclass)]
    public void The_number_of_threads_changes_nothing(ModelTask task)
    {
        var (predictions, test, _) = Sample(task, 200, 5);
        var options = Few with { Slices = [new() { Column = "group" }] };
        var one = Evaluation.Of(predictions.Signature, predictions, test, options, 1, default);
        var many = Evaluation.Of(predictions.Signature, predictions, test, options, 7, default);
        Assert.Equal(one.All.Intervals, many.All.Intervals);
        Assert.Equal(one.Slices.SelectMany(slice => slice.Measured.Intervals), many.Slices.SelectMany(slice => slice.Measured.Intervals));
    }

    [Fact]
    public void Counts_are_those_of_the_indices_and_follow_from_the_labels_alone()
    {
        var resamples = Resamples.Of(Rows.Numbers("y", 3, 1, 4, 1, 5), 20);
        var counts = new int[5];
        for (var r = 0; r < 20; r++)
        {
            resamples.Counts(r, counts);
            var drawn = resamples.Indices(r);
            Assert.Equal(Enumerable.Range(0, 5).Select(row => drawn.Count(i => i == row)), counts);
            Assert.Equal(drawn, Resamples.Of(Rows.Numbers("y", 3, 1, 4, 1, 5), 99).Indices(r));
        }

        Assert.NotEqual(Enumerable.Range(0, 20).SelectMany(resamples.Indices), Enumerable.Range(0, 20).SelectMany(Resamples.Of(Rows.Numbers("y", 3, 1, 4, 1, 6), 20).Indices));
    }

    [Fact]
    public void Every_row_is_drawn_about_as_often()
    {
        var resamples = Resamples.Of(Rows.Numbers("y", [.. Enumerable.Range(0, 100).Select(i => (double)i)]), 2000);
        var drawn = Enumerable.Range(0, 2000).SelectMany(resamples.Indices).CountBy(row => row).ToList();
        Assert.Equal(100, drawn.Count);
        // 2000 expected; the standard deviation is about 45.
        Assert.All(drawn, row => Assert.InRange(row.Value, 1750, 2250));
    }

    [Fact]
    public void Slices_have_the_metrics_of_their_rows()
    {
        var (predictions, test, _) = Sample(ModelTask.Regression, 120, 8);
        var evaluation = Evaluation.Of(predictions.Signature, predictions, test, Few with { Slices = [new() { Column = "group" }, new() { Column = "y", Bins = 3 }] }, 1, default);
        Assert.Equal(["group a", "group b", "group missing"], evaluation.Slices.Take(3).Select(slice => slice.Name));
        Assert.Equal(3, evaluation.Slices.Count(slice => slice.Column == "y"));
        Assert.Equal(120, evaluation.Slices.Take(3).Sum(slice => slice.Measured.Rows));
        int[] rows = [.. Enumerable.Range(0, 120).Where(row => test["group"].Text(row) == "b")];
        var alone = Metrics.Evaluate(predictions.Signature, new(predictions.Signature, [.. rows.Select(row => predictions.Values[row])]), test.Select(rows));
        Assert.Equal(alone["rmse"]!.Value, evaluation.Slices[1].Measured.Metrics["rmse"]!.Value, 1e-12);
        Assert.Equal(evaluation.Slices.MaxBy(slice => slice.Measured.Metrics["rmse"]), evaluation.Worst(1));
        Assert.Null(evaluation.Worst(1000));
    }

    [Fact]
    public void Equal_numbers_are_in_one_bin()
    {
        var signature = new Signature(ModelTask.Regression, "y", [], []);
        var test = Rows.Of(Rows.Numbers("y", 1, 2, 3, 4, 5, 6), Rows.Numbers("age", 20, 30, 30, 30, 40, double.NaN));
        var evaluation = Evaluation.Of(signature, new(signature, [1, 1, 1, 1, 1, 1]), test, Few with { Slices = [new() { Column = "age", Bins = 2 }] }, 1, default);
        Assert.Equal([("20 to 30", 4), ("40", 1), (null, 1)], evaluation.Slices.Select(slice => (slice.Value, slice.Measured.Rows)));
    }

    [Fact]
    public void What_is_undefined_has_no_interval()
    {
        var two = new Signature(ModelTask.Binary, "y", [], ["no", "yes"]);
        var one = Evaluation.Of(two, new(two, [.9f, .1f, .8f, .2f]), Rows.Of(Rows.Texts("y", "no", "no")), Few, 1, default).All;
        Assert.Equal((null, null), (one.Metrics["auc"], one.Intervals["auc"]));
        Assert.NotNull(one.Intervals["accuracy"]);
        var single = Evaluation.Of(two, new(two, [.9f, .1f]), Rows.Of(Rows.Texts("y", "yes")), Few, 1, default).All;
        Assert.Equal((null, new Interval(0, 0)), (single.Intervals["auc"], single.Intervals["accuracy"]));
        var wrong = Evaluation.Of(two, new(two, [.9f, .1f, float.NaN, float.NaN]), Rows.Of(Rows.Texts("y", "no", "yes")), Few, 1, default).All;
        Assert.All(wrong.Metrics, metric => Assert.Null(metric.Value));
        Assert.All(wrong.Intervals, metric => Assert.Null(metric.Value));
        var none = Evaluation.Of(two, new(two, []), Rows.Of(Rows.Texts("y")), Few, 1, default).All;
        Assert.All(none.Intervals, metric => Assert.Null(metric.Value));
    }

    [Theory]
    [InlineData(1, 0.95, 30, "resamples")]
    [InlineData(99, 0.95, 30, "resamples")]
    [InlineData(100, 1, 30, "confidence")]
    [InlineData(100, double.NaN, 30, "confidence")]
    [InlineData(100, 0.9, 0, "minRows")]
    public void Options_out_of_range_are_refused(int resamples, double confidence, int minRows, string member)
    {
        var found = Assert.Single(new EvaluationOptions { MinRows = minRows, Intervals = new() { Resamples = resamples, Confidence = confidence } }.Validate());
        Assert.Equal(("MLO6040", member), (found.Diagnostic.Code, found.Path[^1]));
    }

    [Fact]
    public void A_slice_that_stands_twice_is_refused()
    {
        var found = Assert.Single(new EvaluationOptions { Slices = [new() { Column = "a" }, new() { Column = "b" }, new() { Column = "a", Bins = 3 }] }.Validate());
        Assert.Equal(("MLO6111", "slices"), (found.Diagnostic.Code, found.Path[^1]));
    }

    [Fact]
    public void Bins_of_texts_are_refused()
    {
        var two = new Signature(ModelTask.Regression, "y", [], []);
        var test = Rows.Of(Rows.Numbers("y", 1, 2), Rows.Texts("city", "Bern", null));
        var wrong = Assert.Throws<DiagnosticException>(() => Evaluation.Of(two, new(two, [1, 2]), test, Few with { Slices = [new() { Column = "city", Bins = 2 }] }, 1, default));
        Assert.Equal("MLO6112", wrong.Diagnostics[0].Code);
    }

    [Theory]
    [InlineData(ModelTask.Regression)]
    [InlineData(ModelTask.Binary)]
    [InlineData(ModelTask.Multiclass)]
    public void Curves_are_bounded_and_count_every_row(ModelTask task)
    {
        var (predictions, test, _) = Sample(task, 3000, 4);
        var curves = Curves.Of(predictions.Signature, predictions, test);
        Assert.True(curves.Roc.Count <= 200 && curves.PrecisionRecall.Count <= 200 && curves.Sample.Count <= 500);
        Assert.Equal(task == ModelTask.Regression ? 3000 : 0, curves.Residuals.Sum());
        Assert.Equal(task == ModelTask.Regression ? 0 : 3000, curves.Confusion.Sum(row => row.Sum()));
        Assert.Equal(task == ModelTask.Regression ? 0 : 3000, curves.Reliability.Sum(bin => bin.Rows));
        if (task == ModelTask.Binary)
        {
            Assert.Equal((0, 0, 1, 1), (curves.Roc[0].X, curves.Roc[0].Y, curves.Roc[^1].X, curves.Roc[^1].Y));
            Assert.Equal(1, curves.PrecisionRecall[^1].X);
        }
    }

    [Fact]
    public void A_class_never_seen_in_training_stands_among_the_others()
    {
        var three = new Signature(ModelTask.Multiclass, "y", [], ["a", "b", "c"]);
        var curves = Curves.Of(three, new(three, [1, 0, 0, 0, 1, 0, 1, 0, 0]), Rows.Of(Rows.Texts("y", "a", "a", "new")));
        Assert.Equal(["a", "b", "c", Curves.Other], curves.Classes);
        Assert.Equal([[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]], curves.Confusion);
    }

    /// <summary>Predictions with ties, the truth beside a column of groups, and the truth again for Python.</summary>
    internal static (Predictions Predictions, Frame Test, JsonArray Truth) Sample(ModelTask task, int rows, int seed)
    {
        var random = new Random(seed);
        var group = Rows.Texts("group", [.. Enumerable.Range(0, rows).Select(_ => random.Next(5) switch { 0 => null, 1 or 2 => "a", _ => "b" })]);
        if (task == ModelTask.Regression)
        {
            float[] predicted = [.. Enumerable.Range(0, rows).Select(_ => (float)(1e4 + random.NextDouble()))];
            double[] numbers = [.. predicted.Select(p => p + (0.4 * random.NextDouble()))];
            return (new(new(task, "y", [], []), predicted), Rows.Of(Rows.Numbers("y", numbers), group), Sklearn.Numbers(numbers));
        }

        var signature = new Signature(task, "y", [], task == ModelTask.Binary ? ["no", "yes"] : ["a", "b", "c", "d"]) { Threshold = task == ModelTask.Binary ? 0.3f : 0.5f };
        var (values, truth) = (new List<float>(), new List<int>());
        for (var row = 0; row < rows; row++)
        {
            var draws = signature.Classes.Select(_ => Math.Round(random.NextDouble(), 1) + 0.05).ToArray();
            float[] shares = task == ModelTask.Binary ? [1 - (float)draws[0], (float)draws[0]] : [.. draws.Select(draw => (float)(draw / draws.Sum()))];
            values.AddRange(shares);
            truth.Add(random.Next(3) == 0 ? random.Next(shares.Length) : shares.IndexOf(shares.Max()));
        }

        return (new(signature, [.. values]), Rows.Of(Rows.Texts("y", [.. truth.Select(k => signature.Classes[k])]), group), Sklearn.Numbers(truth));
    }
}
