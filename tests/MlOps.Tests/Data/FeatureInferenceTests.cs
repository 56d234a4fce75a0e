using System.Globalization;
using MlOps.Data;

namespace MlOps.Tests.Data;

public class FeatureInferenceTests
{
    private static FeatureKind Kind(Column column) => FeatureInference.Infer(new([column]), column.Name).Kind;

    private static NumberColumn Integers(string name, int count, Func<int, double> cell) =>
        new(name, [.. Enumerable.Range(0, count).Select(cell)], ColumnType.Integer);

    private static StringColumn Strings(int count, Func<int, string> cell)
    {
        var texts = Enumerable.Range(0, count).Select(cell).ToArray();
        var distinct = texts.Distinct().ToArray();
        return new("s", [.. texts.Select(text => Array.IndexOf(distinct, text))], distinct);
    }

    [Fact]
    public void Counters_are_identifiers_shuffled_or_not()
    {
        Assert.Equal(FeatureKind.Identifier, Kind(Integers("n", 50, i => (i * 3) + 100)));
        Assert.Equal(FeatureKind.Identifier, Kind(Integers("n", 101, i => i * 37 % 101)));
        Assert.Equal(FeatureKind.Numeric, Kind(Integers("n", 101, i => i * 37 % 101 * 5)));
        Assert.Equal(FeatureKind.Numeric, Kind(Integers("n", 9, i => i)));
    }

    [Theory]
    [InlineData("customer_id", FeatureKind.Identifier)]
    [InlineData("customerId", FeatureKind.Identifier)]
    [InlineData("paid", FeatureKind.Numeric)]
    public void A_name_ending_in_id_makes_scattered_numbers_an_identifier(string name, FeatureKind kind) =>
        Assert.Equal(kind, Kind(Integers(name, 100, i => i * 37 % 101 * 1000)));

    [Theory]
    [InlineData("rate_code", FeatureKind.Categorical)]
    [InlineData("rate", FeatureKind.Numeric)]
    public void A_name_ending_in_code_makes_few_numbers_categories(string name, FeatureKind kind) =>
        Assert.Equal(kind, Kind(Integers(name, 100, i => i % 6)));

    [Fact]
    public void Strings_are_told_apart_by_blanks_words_and_repetition()
    {
        Assert.Equal(FeatureKind.Identifier, Kind(Strings(50, i => $"u-{i}")));
        Assert.Equal(FeatureKind.Categorical, Kind(Strings(50, i => $"United States of {i % 5}")));
        Assert.Equal(FeatureKind.Categorical, Kind(Strings(50, i => $"u-{i % 49}")));
        Assert.Equal(FeatureKind.Text, Kind(Strings(50, i => $"please call me at {i}".ToString(CultureInfo.InvariantCulture))));
    }

    [SkippableTheory]
    [InlineData("bike_sharing", "instant=Identifier dteday=Timestamp season=Numeric yr=Numeric hr=Numeric temp=Numeric casual=Numeric")]
    [InlineData("adult", "age=Numeric fnlwgt=Numeric education=Categorical capital_gain=Numeric native_country=Categorical income=Categorical")]
    [InlineData("penguins", "species=Categorical island=Categorical bill_length_mm=Numeric sex=Categorical year=Numeric")]
    [InlineData("sms_spam", "label=Categorical text=Text")]
    [InlineData("taxi_fare", "vendor_id=Categorical rate_code=Categorical trip_time_in_secs=Numeric trip_distance=Numeric payment_type=Categorical")]
    [InlineData("beijing_pm25", "year=Numeric month=Numeric hour=Numeric cbwd=Categorical iws=Numeric")]
    public void Real_columns_mean_what_their_source_says(string name, string expected)
    {
        var frame = RealData.Read(name);

        Assert.Equal(expected, string.Join(' ', expected.Split(' ').Select(pair => pair.Split('=')[0]).Select(column => $"{column}={FeatureInference.Infer(frame, column).Kind}")));
    }
}
