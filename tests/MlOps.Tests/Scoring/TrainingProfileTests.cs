using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Tests.Scoring;

public sealed class TrainingProfileTests
{
    private static readonly Dictionary<string, double[]> Numbers = new(StringComparer.Ordinal)
    {
        ["one row"] = [4],
        ["no row"] = [],
        ["nothing known"] = [double.NaN, double.NaN, double.PositiveInfinity],
        ["one value"] = [7, 7, 7, double.NaN],
        ["zeros of both signs"] = [-0.0, 0, -0.0, 1],
        ["ties"] = [.. Enumerable.Range(0, 100).Select(i => (double)(i / 40))],
        ["spread"] = [.. Enumerable.Range(0, 997).Select(i => i * 7919 % 997 * 0.37)],
        ["gaps"] = [.. Enumerable.Range(0, 250).Select(i => i % 3 == 0 ? double.NaN : (i * 31 % 250) - 120.5)],
        ["extremes"] = [double.MaxValue, double.MinValue, double.Epsilon, 0],
    };

    public static TheoryData<string> Names => [.. Numbers.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Numbers_lie_in_the_deciles_bins(string name)
    {
        var values = Numbers[name];
        var profile = Of(new NumberColumn("x", values), FeatureKind.Numeric);
        double[] known = [.. values.Where(double.IsFinite).Order()];
        double[] edges = [.. profile["edges"]!.AsArray().Select(edge => (double)edge!)];

        Assert.Equal(Deciles(known), edges);
        Assert.Equal(Enumerable.Range(0, edges.Length + 1).Select(bin => known.Count(value => (bin == 0 || value > edges[bin - 1]) && (bin == edges.Length || value <= edges[bin]))), Ints(profile["counts"]!));
        Assert.Equal(values.Length - known.Length, (int)profile["missing"]!);
        Assert.Equal(values.Length, Ints(profile["counts"]!).Sum() + (int)profile["missing"]!);
        Assert.Equal((known.Length == 0 ? null : known[0], known.Length == 0 ? null : (double?)known[^1]), ((double?)profile["min"], (double?)profile["max"]));
    }

    [Fact]
    public void The_order_of_rows_and_the_sign_of_zero_make_no_difference() =>
        Assert.Equal(Text(new NumberColumn("x", [0, 3, -0.0, 1, 2])), Text(new NumberColumn("x", [3, 2, 1, 0, 0])));

    [Fact]
    public void Categories_are_the_fifty_most_frequent_and_the_rest_is_counted()
    {
        string?[] texts = [.. Enumerable.Range(0, 60).SelectMany(i => Enumerable.Repeat((string?)$"c{i:00}", i < 5 ? 3 : 1)), null, null];

        var profile = Of(Texts(texts), FeatureKind.Categorical);

        var values = profile["values"]!.AsArray().Select(value => ((string)value!["value"]!, (int)value["rows"]!)).ToList();
        Assert.Equal(Enumerable.Range(0, 50).Select(i => ($"c{i:00}", i < 5 ? 3 : 1)), values);
        Assert.Equal((10, 2), ((int)profile["other"]!, (int)profile["missing"]!));
    }

    [Fact]
    public void A_text_counts_by_its_length()
    {
        var profile = Of(Texts(["", "ab", "ünï", null]), FeatureKind.Text);
        Assert.Equal(("text", 0, 3, 1), ((string)profile["kind"]!, (double)profile["min"]!, (double)profile["max"]!, (int)profile["missing"]!));
    }

    [Fact]
    public void Predictions_are_told_by_class_and_by_how_sure_they_are()
    {
        var signature = new Signature(ModelTask.Binary, "y", [], ["no", "yes"]);
        var profile = TrainingProfile.Of([], new Frame([new NumberColumn("x", [1, 2, 3])]), new(signature, [0.9f, 0.1f, 0.25f, 0.75f, 0.5f, 0.5f]));
        Assert.Equal(["yes:2", "no:1"], profile["predictions"]!["label"]!["values"]!.AsArray().Select(value => $"{value!["value"]}:{value["rows"]}"));
        Assert.Equal((0.1f, 0.75f), ((float)(double)profile["predictions"]!["probability"]!["min"]!, (float)(double)profile["predictions"]!["probability"]!["max"]!));
    }

    // Numpy's quantile(values, k / 10, method='inverted_cdf'): the least value that so many are at most; each once, and none from which on nothing lies above.
    private static IEnumerable<double> Deciles(double[] known) => known.Length == 0 ? []
        : Enumerable.Range(1, 9).Select(k => known.First(value => known.Count(other => other <= value) * 10L >= (long)k * known.Length) + 0.0).Distinct().Where(edge => edge < known[^1]);

    private static JsonObject Of(Column column, FeatureKind kind)
    {
        var signature = new Signature(ModelTask.Regression, "y", [new("x", kind)], []);
        return TrainingProfile.Of(signature.Inputs, new Frame([column]), new(signature, new float[column.Length]))["columns"]!["x"]!.AsObject();
    }

    private static StringColumn Texts(string?[] texts)
    {
        string[] known = [.. texts.OfType<string>().Distinct()];
        return new("x", [.. texts.Select(text => Array.IndexOf(known, text))], known);
    }

    private static string Text(Column column) => CanonicalJson.Compact(Of(column, FeatureKind.Numeric));

    private static IEnumerable<int> Ints(JsonNode list) => list.AsArray().Select(count => (int)count!);
}
