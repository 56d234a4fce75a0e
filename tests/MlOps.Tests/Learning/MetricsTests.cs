using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Tests.Learning;

/// <summary>References: scikit-learn 1.2.1 on the same numbers.</summary>
public class MetricsTests
{
    private static readonly Signature Number = new(ModelTask.Regression, "y", [], []);
    private static readonly Signature Two = new(ModelTask.Binary, "y", [], ["no", "yes"]);
    private static readonly Signature Three = new(ModelTask.Multiclass, "y", [], ["a", "b", "c"]);

    [Fact]
    public void Regression_metrics_equal_the_example_by_hand()
    {
        var metrics = Metrics.Evaluate(Number, new(Number, [1, 2, 5, 9]), Rows.Of(Rows.Numbers("y", 1, 3, 3, double.NaN)));
        Assert.Equal(Math.Sqrt(5 / 3.0), metrics["rmse"]!.Value, 12);
        Assert.Equal(1, metrics["mae"]!.Value, 12);
        Assert.Equal(1 - (5 / (8 / 3.0)), metrics["r2"]!.Value, 12);
    }

    [Fact]
    public void Binary_metrics_equal_the_reference()
    {
        var metrics = Binary([.9f, .8f, .8f, .4f, .3f, .3f, .1f], "yes", "no", "yes", "yes", "no", "yes", "no");
        Assert.Equal(0.75, metrics["auc"]!.Value, 12);
        Assert.Equal(0.5714285714285714, metrics["accuracy"]!.Value, 12);
        Assert.Equal(0.5714285714285714, metrics["f1"]!.Value, 12);
        Assert.Equal(0.6457487107432552, metrics["logLoss"]!.Value, 6);
    }

    [Fact]
    public void Multiclass_metrics_equal_the_reference()
    {
        var metrics = Metrics.Evaluate(Three, new(Three, [.7f, .2f, .1f, .1f, .5f, .4f, .3f, .3f, .4f, .2f, .2f, .6f, .5f, .4f, .1f]),
            Rows.Of(Rows.Texts("y", "a", "b", "b", "c", "c")));
        Assert.Equal(0.6, metrics["accuracy"]!.Value, 12);
        Assert.Equal(2 / 3.0, metrics["macroAccuracy"]!.Value, 12);
        Assert.Equal(0.611111111111111, metrics["macroF1"]!.Value, 12);
        Assert.Equal(1.01344112911693, metrics["logLoss"]!.Value, 6);
    }

    [Fact]
    public void Auc_is_the_share_of_pairs_in_the_right_order_ties_half()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            float[] scores = [.. Enumerable.Range(0, 40).Select(_ => random.Next(10) / 10f)];
            string[] truth = [.. scores.Select((_, i) => i == 0 || random.Next(3) == 0 ? "yes" : "no").Append("no").Take(40)];
            double right = 0, pairs = 0;
            for (var p = 0; p < 40; p++)
            {
                for (var q = 0; q < 40; q++)
                {
                    if (truth[p] == "yes" && truth[q] == "no")
                    {
                        pairs++;
                        right += scores[p] > scores[q] ? 1 : scores[p] == scores[q] ? 0.5 : 0;
                    }
                }
            }

            Assert.Equal(right / pairs, Binary(scores, truth)["auc"]!.Value, 12);
        }
    }

    // The references: from sklearn import metrics; score, truth, pred, y, P and t drawn from the stream as here, features as numpy float32, truth as float64:
    // roc_auc_score(truth, score), accuracy_score(truth, score >= 0.5), f1_score(truth, score >= 0.5), mean_squared_error(y, pred) ** 0.5,
    // mean_absolute_error(y, pred), r2_score(y, pred), accuracy_score(t, P.argmax(1)), balanced_accuracy_score(t, P.argmax(1)),
    // f1_score(t, P.argmax(1), average='macro'); the log losses are -mean(log(clip(p, 1e-7, 1 - 1e-7))) by numpy.
    [Fact]
    public void Metrics_of_a_thousand_rows_equal_the_reference()
    {
        const int N = 1000;
        double[] draws = [.. Rows.Stream(7).Take(8 * N)];
        float[] scores = [.. Enumerable.Range(0, N).Select(i => (float)(Math.Floor(draws[2 * i] * 100) / 100))];
        string[] truth = [.. Enumerable.Range(0, N).Select(i => draws[(2 * i) + 1] < 0.2 + (0.6 * (Math.Floor(draws[2 * i] * 100) / 100)) ? "yes" : "no")];
        Near(Binary(scores, truth), ("auc", 0.707522), ("accuracy", 0.671), ("f1", 0.6739345887016849), ("logLoss", 0.694361046874021));

        float[] predicted = [.. Enumerable.Range(N, N).Select(i => (float)(draws[2 * i] * 10))];
        double[] numbers = [.. Enumerable.Range(N, N).Select(i => (draws[2 * i] * 10) + draws[(2 * i) + 1])];
        Near(Metrics.Evaluate(Number, new(Number, predicted), Rows.Of(Rows.Numbers("y", numbers))),
            ("rmse", 0.5664509623105577), ("mae", 0.4882580150756985), ("r2", 0.9602641153724624));

        var three = new Predictions(Three, [.. Enumerable.Range(N, N).SelectMany(i => draws[(4 * i)..((4 * i) + 3)].Select(p => (float)(p + 0.01)))]);
        string[] classes = [.. Enumerable.Range(0, N).Select(i => draws[(4 * (N + i)) + 3] is < 0.7 and var draw ? Three.Classes[(int)(draw * 3)] : three.Class(i))];
        Near(Metrics.Evaluate(Three, three, Rows.Of(Rows.Texts("y", classes))),
            ("accuracy", 0.501), ("macroAccuracy", 0.5714152745631522), ("macroF1", 0.4943634203967213), ("logLoss", 0.7905844910367357));
    }

    [Fact]
    public void What_is_undefined_is_null()
    {
        Assert.Null(Binary([.9f, .8f], "yes", "yes")["auc"]);
        Assert.Null(Binary([.1f, .2f], "no", "no")["f1"]);
        Assert.Null(Metrics.Evaluate(Number, new(Number, [1, 2, 3]), Rows.Of(Rows.Numbers("y", 0.1, 0.1, 0.1)))["r2"]);
        Assert.All(Metrics.Evaluate(Number, new(Number, [1]), Rows.Of(Rows.Numbers("y", double.NaN))), m => Assert.Null(m.Value));
        Assert.All(Metrics.Evaluate(Three, new(Three, []), Rows.Of(Rows.Texts("y"))), m => Assert.Null(m.Value));
        Assert.Null(Metrics.Evaluate(Number, new(Number, [float.NaN]), Rows.Of(Rows.Numbers("y", 1)))["rmse"]);
    }

    [Fact]
    public void A_class_never_seen_in_training_counts_as_missed()
    {
        var metrics = Metrics.Evaluate(Three, new(Three, [1, 0, 0, 1, 0, 0]), Rows.Of(Rows.Texts("y", "a", "new")));
        Assert.Equal(0.5, metrics["accuracy"]);
        Assert.Equal(0.5, metrics["macroAccuracy"]);
        Assert.Equal(-Math.Log(1e-7) / 2, metrics["logLoss"]!.Value, 6);
    }

    [Theory]
    [InlineData(ModelTask.Regression)]
    [InlineData(ModelTask.Binary)]
    [InlineData(ModelTask.Multiclass)]
    public void Every_metric_of_a_task_has_a_name_and_a_direction(ModelTask task)
    {
        var signature = task switch { ModelTask.Regression => Number, ModelTask.Binary => Two, _ => Three };
        var metrics = Metrics.Evaluate(signature, new(signature, []), Rows.Of(task == ModelTask.Regression ? Rows.Numbers("y") : Rows.Texts("y")));
        Assert.Equal(Metrics.Names(task).Order(StringComparer.Ordinal), metrics.Keys);
        Assert.All(metrics.Keys, m => Assert.NotNull(Metrics.HigherIsBetter(m)));
    }

    // The logarithms of float32 probabilities near 0 and 1 agree to six digits: 1 - p is rounded to float32 here, not there.
    private static void Near(IReadOnlyDictionary<string, double?> metrics, params ReadOnlySpan<(string Name, double Value)> expected)
    {
        foreach (var (name, value) in expected)
        {
            Assert.Equal(value, metrics[name]!.Value, name == "logLoss" ? 6 : 12);
        }
    }

    private static IReadOnlyDictionary<string, double?> Binary(float[] scores, params string[] truth) =>
        Metrics.Evaluate(Two, new(Two, [.. scores.SelectMany(s => new[] { 1 - s, s })]), Rows.Of(Rows.Texts("y", truth)));
}
