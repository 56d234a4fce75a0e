using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Tests.Learning;

/// <summary>What the encoders learn from the training rows.</summary>
public class EncoderTests
{
    [Fact]
    public void Categories_of_trees_stand_in_the_order_of_their_mean_label()
    {
        string?[] cells = [.. Repeat("low", 20), .. Repeat("high", 20), .. Repeat("middle", 20), "rare", null];
        double[] labels = [.. cells.Select(c => c switch { "low" => 1, "high" => 9, "middle" => 6, _ => 3.0 })];
        var encoder = (OrdinalEncoder)Encoders(cells, labels, new BoostedTreesOptions())[0];
        Assert.Equal(["high", "low", "middle"], encoder.Categories);

        // The rare one shares the unknown's rank, between low and middle; missing stays missing.
        Assert.Equal([3f, 0f, 2f, 1f, float.NaN], [.. encoder.Values, encoder.Unknown, encoder.Missing]);
    }

    [Fact]
    public void Only_the_254_most_frequent_categories_are_told_apart()
    {
        string?[] cells = [.. Enumerable.Range(0, 400).SelectMany(c => Repeat("c" + c, c < 300 ? 10 : 11))];
        var encoder = (OrdinalEncoder)Encoders(cells, [.. cells.Select((_, i) => (double)(i % 7))], new BoostedTreesOptions())[0];
        Assert.Equal(254, encoder.Categories.Length);
        Assert.All(Enumerable.Range(300, 100), c => Assert.Contains("c" + c, encoder.Categories));
    }

    [Fact]
    public void Linear_models_see_standardised_numbers_and_the_mean_for_missing()
    {
        var train = Rows.Of(Rows.Numbers("x", 1, 2, double.NaN, 6), Rows.Numbers("y", 1, 2, 3, 4));
        var model = Rows.Fit(train, Rows.Spec(ModelTask.Regression, "y", new LinearOptions(), ("x", FeatureKind.Numeric)));
        Assert.Equal(new NumericEncoder("x", 3, 3, (float)(1 / Math.Sqrt(14 / 3.0))), model.Encoders[0]);
    }

    [Fact]
    public void Linear_models_see_each_category_and_missing_as_one_of_them()
    {
        var encoder = (OneHotEncoder)Encoders(["b", null, "a", "b"], [1, 2, 3, 4], new LinearOptions())[0];
        Assert.Equal(["", "a", "b"], encoder.Categories);
    }

    [Fact]
    public void A_term_counts_the_less_the_more_rows_have_it()
    {
        var train = Rows.Of(Rows.Texts("x", "good day", "good night", "good good", "odd"), Rows.Texts("y", "a", "b", "a", "b"));
        var model = Rows.Fit(train, Rows.Spec(ModelTask.Binary, "y", new LinearOptions(), ("x", FeatureKind.Text)));
        var encoder = (TextEncoder)Assert.Single(model.Encoders);
        Assert.Equal(["good"], encoder.Terms);
        Assert.Equal((float)(Math.Log(5 / 4.0) + 1), encoder.Weights[0], 6);
    }

    [Fact]
    public void Text_comes_last_among_the_features()
    {
        var model = Rows.Fit(Rows.Mixed(300, 2), Rows.MixedSpec(ModelTask.Binary, new BoostedTreesOptions { Trees = 1 }));
        Assert.Equal(["a", "b", "c", "t", "flag", "words"], model.Encoders.Select(e => e.Column));
        Assert.Equal(["a", "words", "b", "c", "t", "flag"], model.Signature.Inputs.Select(i => i.Name));
    }

    private static IReadOnlyList<Encoder> Encoders(string?[] cells, double[] labels, TrainerOptions trainer) =>
        Rows.Fit(Rows.Of(Rows.Texts("x", cells), Rows.Numbers("y", labels)), Rows.Spec(ModelTask.Regression, "y", trainer, ("x", FeatureKind.Categorical))).Encoders;

    private static IEnumerable<string> Repeat(string text, int count) => Enumerable.Repeat(text, count);
}
