using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Tests.Learning;

public class ImportanceTests
{
    [Fact]
    public void A_column_that_the_label_follows_matters_and_one_of_chance_does_not()
    {
        var rows = Lines(800);
        var model = Rows.Fit(rows, Rows.Spec(ModelTask.Regression, "y", new LinearOptions(), ("a", FeatureKind.Numeric), ("b", FeatureKind.Numeric), ("chance", FeatureKind.Numeric)));
        foreach (var metric in Metrics.Names(ModelTask.Regression))
        {
            var found = PermutationImportance.Of(model, rows, metric, null, 10, 10_000, 2, default);
            Assert.Equal(["a", "b", "chance"], found.Select(column => column.Column));
            Assert.All(found.Take(2), column => Assert.True(column.Low > 0 && column.Low < column.Mean && column.Mean < column.High));
            Assert.Equal(0, found[2].Mean, 0.01);
        }
    }

    [Fact]
    public void The_loss_of_a_shuffled_column_is_that_of_the_closed_form()
    {
        // y = 3a: the mean square of 3(a − a') over all pairs is 2 · 9 · variance.
        double[] a = [.. Enumerable.Range(0, 2000).Select(i => i / 2000.0)];
        var rows = Rows.Of(Rows.Numbers("a", a), Rows.Numbers("y", [.. a.Select(x => 3 * x)]));
        var model = new TrainedModel(new(ModelTask.Regression, "y", [new("a", FeatureKind.Numeric)], []), [new NumericEncoder("a", 0)], new LinearPredictor(Link.Identity, [[3]], [0]));
        var found = Assert.Single(PermutationImportance.Of(model, rows, "rmse", null, 30, 10_000, 1, default));
        var expected = 3 * Math.Sqrt(2 / 12.0);
        Assert.Equal(expected, found.Mean, 0.01);
        Assert.InRange(expected, found.Low - 0.005, found.High + 0.005);
    }

    [Fact]
    public void Neither_threads_nor_the_order_of_rows_change_a_figure()
    {
        var rows = Rows.Mixed(600, 8);
        var model = Rows.Fit(rows, Rows.MixedSpec(ModelTask.Binary, new BoostedTreesOptions { Trees = 10 }));
        var backwards = rows.Select([.. Enumerable.Range(0, rows.RowCount).Reverse()]);
        var importance = PermutationImportance.Of(model, rows, "logLoss", null, 3, 500, 1, default);
        Assert.Equal(importance, PermutationImportance.Of(model, backwards, "logLoss", null, 3, 500, 3, default));
        Assert.Equal(Points(rows, 1), Points(backwards, 3));

        string[] Points(Frame frame, int threads) => [.. model.Signature.Inputs.SelectMany(input => PartialDependence.Of(model, frame, input.Name, 7, 400, threads, default))
            .Select(point => $"{point.Value} {point.Number:R}: {string.Join(' ', point.Means.Select(mean => mean.ToString("R", System.Globalization.CultureInfo.InvariantCulture)))}")];
    }

    [Fact]
    public void Undefined_metrics_give_no_importance()
    {
        var rows = Rows.Mixed(300, 8);
        var model = Rows.Fit(rows, Rows.MixedSpec(ModelTask.Binary, new LinearOptions()));
        var onlyYes = rows.Select([.. Enumerable.Range(0, rows.RowCount).Where(row => rows["two"].Text(row) == "yes")]);
        Assert.Empty(PermutationImportance.Of(model, onlyYes, "auc", null, 3, 500, 1, default));
        Assert.Throws<ArgumentException>(() => PermutationImportance.Of(model, rows, "rmse", null, 3, 500, 1, default));
    }

    [Fact]
    public void Partial_dependence_of_a_sum_is_its_term_plus_the_mean_of_the_others()
    {
        var rows = Rows.Of(Rows.Numbers("a", 0, 1, 2, 3, 4), Rows.Numbers("b", 10, 20, 30, 40, double.NaN), Rows.Texts("c", "u", "v", "v", null, "v"));
        InputColumn[] inputs = [new("a", FeatureKind.Numeric), new("b", FeatureKind.Numeric), new("c", FeatureKind.Categorical)];
        var model = new TrainedModel(new(ModelTask.Regression, "y", inputs, []), [new NumericEncoder("a", 0), new NumericEncoder("b", 0), new OneHotEncoder("c", ["u", "v"])],
            new LinearPredictor(Link.Identity, [[2, 1, 5, 10]], [100]));
        IEnumerable<(string?, double?, double)> Of(string column, int points) =>
            PartialDependence.Of(model, rows, column, points, 1000, 1, default).Select(point => (point.Value, point.Number, Assert.Single(point.Means)));

        Assert.Equal([("0", 0.0, 127.0), ("2", 2.0, 131.0), ("4", 4.0, 135.0)], Of("a", 3));
        Assert.Equal([("10", 10.0, 121.0), ("40", 40.0, 151.0), (null, null, 111.0)], Of("b", 2));
        Assert.Equal([("v", null, 134.0), ("u", null, 129.0), (null, null, 124.0)], Of("c", 20));
    }

    private static Frame Lines(int count)
    {
        var random = new Random(3);
        double[] Column() => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble())];
        var (a, b, chance) = (Column(), Column(), Column());
        return Rows.Of(Rows.Numbers("a", a), Rows.Numbers("b", b), Rows.Numbers("chance", chance), Rows.Numbers("y", [.. a.Select((x, i) => (4 * x) - (2 * b[i]) + (0.1 * random.NextDouble()))]));
    }
}
