using MlOps.Content;
using MlOps.Data;
using MlOps.Pipelines.Inference;
using MlOps.Pipelines.Inference.Internal;
using static MlOps.Tests.Pipelines.Inference.Tables;

namespace MlOps.Tests.Pipelines.Inference;

public class LeakDetectorTests
{
    private const int Rows = 2000;

    private static readonly NumberColumn Y = Numbers("y", Rows, i => Math.Floor(100 * Noise(i, 1)) / 4);

    private static IReadOnlyList<Diagnostic> Find(params Column[] columns) =>
        ManifestInference.Infer(new([Numbers("x", Rows, i => Noise(i, 2)), .. columns]), new() { Label = columns[^1].Name }).Warnings;

    [Fact]
    public void A_linear_image_of_the_label_is_told_with_its_figure()
    {
        var leak = Assert.Single(Find(Numbers("copy", Rows, i => 7 - (2 * Y.Values[i]) + (0.5 * Noise(i, 3))), Y));

        Assert.Equal("MLO2151", leak.Code);
        Assert.StartsWith("R² 0.999", leak.Why, StringComparison.Ordinal);
        Assert.EndsWith("--drop copy", leak.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void A_curved_image_of_the_label_is_told() =>
        Assert.Equal("MLO2151", Assert.Single(Find(Numbers("curve", Rows, i => Noise(i, 3)), Numbers("y", Rows, i => (Noise(i, 3) - 0.5) * (Noise(i, 3) - 0.5)))).Code);

    [Fact]
    public void A_category_that_renames_the_label_is_told() =>
        Assert.Equal("MLO2151", Assert.Single(Find(Strings("name", Rows, i => i % 3 == 0 ? "gone" : "here"), Numbers("y", Rows, i => i % 3 == 0 ? 1 : 0))).Code);

    [Fact]
    public void A_gap_that_tells_the_class_is_told() =>
        Assert.Equal("MLO2151", Assert.Single(Find(Numbers("when", Rows, i => i % 3 == 0 ? Noise(i, 3) : double.NaN), Strings("y", Rows, i => i % 3 == 0 ? "gone" : "here"))).Code);

    [Fact]
    public void A_name_of_the_row_does_not_pass_for_a_leak() =>
        Assert.Empty(Find(Numbers("key", Rows, i => 1000 * Noise(i, 4)), Numbers("y", Rows, i => Noise(i, 5))));

    [Fact]
    public void Numbers_near_the_end_of_doubles_end() => Assert.Empty(Find(
        Numbers("huge", Rows, i => i % 2 == 0 ? 1.7e308 : -1.7e308 * Noise(i, 7)), Strings("y", Rows, i => Noise(i, 3) > 0.5 ? "gone" : "here")));

    [Fact]
    public void Scores_that_are_no_numbers_are_ties() => Assert.Equal(0.5, Scores.Auc([1, 0, 1, 0], [double.NaN, double.NaN, double.NaN, double.NaN]));

    [Fact]
    public void Many_rare_categories_explain_nothing_that_they_were_not_taught()
    {
        var noise = Numbers("y", Rows, i => Noise(i, 5)).Values;

        var bins = Bins.Of(Strings("town", Rows, i => $"t{i * 7 % 900}"), FeatureKind.Categorical)!;

        Assert.InRange(Scores.R2(noise, CrossFit.Predict(bins, noise)), -2, 0.05);
    }

    [Fact]
    public void A_good_feature_and_one_that_adds_little_are_no_leak() => Assert.Empty(Find(
        Numbers("good", Rows, i => 10 * Noise(i, 3)),
        Numbers("little", Rows, i => 0.9 * Noise(i, 4)),
        Numbers("y", Rows, i => (10 * Noise(i, 3)) + (0.9 * (Noise(i, 4) + Noise(i, 5) + Noise(i, 6))))));

    [Fact]
    public void A_good_feature_is_no_leak() =>
        Assert.Empty(Find(Numbers("good", Rows, i => Y.Values[i] + (8 * Noise(i, 3))), Y));

    [Theory]
    [InlineData(1, "+")]
    [InlineData(-1, "−")]
    public void The_parts_of_a_total_are_told_together(int sign, string shown)
    {
        var part = Numbers("part", Rows, i => 20 * Noise(i, 3));
        var rest = Numbers("rest", Rows, i => sign * (Y.Values[i] - part.Values[i]));

        var leak = Assert.Single(Find(part, rest, Y));

        Assert.Equal("MLO2152", leak.Code);
        Assert.Equal($"columns 'part' {shown} 'rest' nearly determine 'y'", leak.What);
        Assert.EndsWith("--drop part,rest", leak.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void Three_parts_of_a_total_are_told_together()
    {
        var (a, b) = (Numbers("a", Rows, i => 20 * Noise(i, 3)), Numbers("b", Rows, i => 20 * Noise(i, 4)));
        var c = Numbers("c", Rows, i => (Y.Values[i] - a.Values[i] - (2 * b.Values[i])) / 3);

        Assert.Equal("columns 'a', 'b', 'c' add up to 'y'", Assert.Single(Find(a, b, c, Y)).What);
    }

    [Theory]
    [InlineData("closed_at")]
    [InlineData("ticketOutcome")]
    public void A_name_that_speaks_of_afterwards_is_told(string name) =>
        Assert.Equal("MLO2154", Assert.Single(Find(Numbers(name, Rows, i => Noise(i, 3)), Y)).Code);

    [Fact]
    public void A_time_after_another_of_the_row_is_told()
    {
        var first = new TimestampColumn("start", [.. Enumerable.Range(0, Rows).Select(i => (long)(1e12 * Noise(i, 3)))]);
        var later = new TimestampColumn("stop", [.. first.Values.Select((time, i) => time + (long)(1e6 * Noise(i, 4)) + 1)]);

        var leak = Assert.Single(Find(first, later, Y));

        Assert.Equal("MLO2155", leak.Code);
        Assert.Contains("'stop'", leak.What, StringComparison.Ordinal);
    }
}
