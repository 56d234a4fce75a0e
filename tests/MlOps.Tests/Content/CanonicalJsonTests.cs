using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using MlOps.Content;

namespace MlOps.Tests.Content;

public sealed class CanonicalJsonTests
{
    [Fact]
    public void Keys_are_sorted_and_one_fact_stands_on_a_line() =>
        Assert.Equal("{\n  \"B\": {},\n  \"a\": [\n    1,\n    \"ä😀/<>&'\\\"\\\\\\n\\u0001\"\n  ],\n  \"b\": null\n}\n",
            CanonicalJson.Indented(JsonNode.Parse("""{"b":null,"a":[1.0,"ä😀/<>&'\"\\\n\u0001"],"B":{}}""")));

    [Theory]
    [InlineData("3.0", "3")]
    [InlineData("-0.0", "0")]
    [InlineData("1e3", "1000")]
    [InlineData("0.1", "0.1")]
    [InlineData("1e-7", "1E-07")]
    [InlineData("9007199254740993", "9007199254740993")]
    [InlineData("1e21", "1E+21")]
    public void Numbers_have_one_text(string json, string expected)
    {
        var written = CanonicalJson.Compact(JsonNode.Parse(json));
        Assert.Equal(expected, written);
        Assert.Equal(expected, CanonicalJson.Compact(JsonNode.Parse(written)));
    }

    [Fact]
    public void A_number_reads_back_as_itself_from_any_type() => Prop.ForAll<double>(ArbMap.Default.ArbFor<double>(), x =>
        !double.IsFinite(x)
        || (double.Parse(CanonicalJson.Number(x), System.Globalization.CultureInfo.InvariantCulture) == x
            && CanonicalJson.Compact(JsonValue.Create(x)) == CanonicalJson.Compact(JsonNode.Parse(CanonicalJson.Number(x))))).QuickCheckThrowOnFailure();

    [Fact]
    public void A_float_is_written_by_its_own_shortest_text()
    {
        Assert.Equal("0.1", CanonicalJson.Compact(JsonValue.Create(0.1f)));
        Assert.Equal("0.1", CanonicalJson.Compact(JsonValue.Create(0.1m)));
        Assert.Equal("7", CanonicalJson.Compact(JsonValue.Create((byte)7)));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void What_is_no_JSON_number_is_refused(double value) => Assert.Throws<ArgumentException>(() => CanonicalJson.Number(value));
}
