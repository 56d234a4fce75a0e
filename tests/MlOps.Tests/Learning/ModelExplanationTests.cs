using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Tests.Learning;

public class ModelExplanationTests
{
    private static readonly ExplainOptions Few = new() { Rows = 100, Repeats = 2, Points = 3 };

    [Fact]
    public void A_weighted_sum_is_explained_by_its_terms()
    {
        var rows = Rows.Of(Rows.Numbers("a", [.. Enumerable.Range(0, 80).Select(i => i % 2 * 2.0)]), Rows.Numbers("b", [.. Enumerable.Range(0, 80).Select(i => (double)(i % 4))]), Rows.Numbers("y", new double[80]));
        var model = new TrainedModel(new(ModelTask.Regression, "y", [new("a", FeatureKind.Numeric), new("b", FeatureKind.Numeric), new("none", FeatureKind.Numeric)], []),
            [new NumericEncoder("a", 0), new NumericEncoder("b", 0)], new LinearPredictor(Link.Identity, [[3, 1]], [7]) { Means = [1, 1.5f] });
        var explained = ModelExplanation.Of(model, rows, Few, 1, default);

        // The mean of |3(a − 1)| is 3, that of |b − 1.5| is 1; the base is 7 + 3·1 + 1·1.5.
        Assert.Equal([11.5], explained.BaseValues);
        Assert.Equal([("a", 3.0), ("b", 1.0), ("none", 0.0)], explained.Shapley.Select(column => (column.Column, column.MeanAbsolute[0])));
        Assert.Equal(["a", "b"], explained.Dependence.Select(column => column.Column));
        Assert.Equal([8.5, 14.5], explained.Dependence[0].Points.Select(point => point.Means[0]));
        Assert.Equal(("rmse", 2), (explained.Metric, explained.Importance.Count));
    }

    [Theory]
    [InlineData(ModelTask.Regression)]
    [InlineData(ModelTask.Binary)]
    [InlineData(ModelTask.Multiclass)]
    public void Neither_threads_nor_the_order_of_rows_change_a_figure(ModelTask task)
    {
        var rows = Rows.Mixed(300, 5);
        var model = Rows.Fit(rows, Rows.MixedSpec(task, new BoostedTreesOptions { Trees = 9 }));
        var backwards = rows.Select([.. Enumerable.Range(0, rows.RowCount).Reverse()]);
        var one = Text(ModelExplanation.Of(model, rows, Few, 1, default));
        Assert.Equal(one, Text(ModelExplanation.Of(model, backwards, Few, 3, default)));
        Assert.Equal(task == ModelTask.Multiclass ? 3 : 1, ModelExplanation.Of(model, rows, Few, 1, default).BaseValues.Count);
    }

    [Fact]
    public void Only_the_columns_that_move_predictions_most_are_shuffled_and_drawn()
    {
        var rows = Rows.Mixed(300, 5);
        var model = Rows.Fit(rows, Rows.MixedSpec(ModelTask.Binary, new LinearOptions()));
        var explained = ModelExplanation.Of(model, rows, Few with { Features = 2 }, 1, default);
        Assert.Equal(6, explained.Shapley.Count);
        Assert.Equal(explained.Shapley.Take(2).Select(column => column.Column).Order(), explained.Importance.Select(column => column.Column).Order());
    }

    [Fact]
    public void A_slow_model_is_explained_on_fewer_rows()
    {
        var rows = Rows.Mixed(2000, 5);
        var long1 = string.Join(' ', Enumerable.Repeat("thanks", 3000));
        var slow = new Frame([.. rows.Columns.Where(column => column.Name != "words"), Rows.Texts("words", [.. Enumerable.Range(0, 2000).Select(row => $"{row} {long1}")])]);
        var model = Rows.Fit(slow.Select([.. Enumerable.Range(0, 60)]), Rows.MixedSpec(ModelTask.Regression, new LinearOptions()));
        var quick = ModelExplanation.Of(Rows.Fit(rows, Rows.MixedSpec(ModelTask.Regression, new LinearOptions())), rows, new() { Repeats = 2, Points = 2 }, 2, default);
        Assert.Equal((1000, 1000, 1000), quick.Rows);
        Assert.Equal((1000, 50, 50), ModelExplanation.Of(model, slow, new() { Repeats = 2, Points = 2 }, 2, default).Rows);
    }

    [Fact]
    public void Where_the_metric_is_undefined_the_rest_is_told()
    {
        var rows = Rows.Mixed(300, 5);
        var model = Rows.Fit(rows, Rows.MixedSpec(ModelTask.Binary, new LinearOptions()));
        var only = rows.Select([.. Enumerable.Range(0, 300).Where(row => rows["two"].Text(row) == "yes")]);
        var explained = ModelExplanation.Of(model, only, Few, 1, default);
        Assert.Empty(explained.Importance);
        Assert.NotEmpty(explained.Dependence);
    }

    [Theory]
    [InlineData(49, 20, 5, 10, "rows")]
    [InlineData(1000, 0, 5, 10, "features")]
    [InlineData(100_000, 20, 1, 10, "repeats")]
    [InlineData(1000, 20, 5, 1001, "points")]
    public void Options_out_of_range_are_refused(int rows, int features, int repeats, int points, string member)
    {
        var (name, diagnostic) = Assert.Single(new ExplainOptions { Rows = rows, Features = features, Repeats = repeats, Points = points }.Validate());
        Assert.Equal((member, "MLO6110"), (name, diagnostic.Code));
    }

    private static string Text(ModelExplanation explained) => string.Join('\n',
    [
        $"{explained.Rows} {Numbers(explained.BaseValues)}",
        .. explained.Shapley.Select(column => $"{column.Column} {Numbers(column.MeanAbsolute)}"), .. explained.Importance.Select(column => $"{column.Column} {Numbers([column.Mean, column.Low, column.High])}"),
        .. explained.Dependence.SelectMany(column => column.Points.Select(point => $"{column.Column} {point.Value} {Numbers(point.Means)}")),
    ]);

    private static string Numbers(IEnumerable<double> values) => string.Join(' ', values.Select(value => value.ToString("R", System.Globalization.CultureInfo.InvariantCulture)));
}
