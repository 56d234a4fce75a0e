using System.Text;
using System.Text.Json.Nodes;
using MlOps.Data;

namespace MlOps.Tests.Data;

public class ProfileTests
{
    private static JsonNode Of(string csv) => JsonNode.Parse(Profile.ToJson(CsvReader.Read(Encoding.UTF8.GetBytes(csv))))!;

    [Fact]
    public void Numbers_are_described_in_closed_form()
    {
        var column = Of("v,w\n4,\n1,\n3,\n2,\n,x\n")["columns"]!["v"]!;

        Assert.Equal((4, 1, 1.0, 4.0, 2.5), ((int)column["distinct"]!, (int)column["missing"]!, (double)column["min"]!, (double)column["max"]!, (double)column["mean"]!));
        Assert.Equal(Math.Sqrt(1.25), (double)column["std"]!);
        Assert.Equal(1.75, (double)column["quantiles"]!["0.25"]!);
        Assert.Equal(2.5, (double)column["quantiles"]!["0.5"]!);
    }

    [Fact]
    public void Categories_are_counted_most_frequent_first_then_ordinally()
    {
        var top = Of("s\nb\na\nb\nc\na\nd\n")["columns"]!["s"]!["top"]!.AsArray();

        Assert.Equal(["a 2", "b 2", "c 1", "d 1"], top.Select(value => $"{value!["value"]} {value["count"]}"));
    }

    [Fact]
    public void Timestamps_have_a_range()
    {
        var column = Of("t\n2024-01-02\n2023-05-06T07:08\n")["columns"]!["t"]!;

        Assert.Equal(("2023-05-06T07:08:00Z", "2024-01-02"), ((string)column["earliest"]!, (string)column["latest"]!));
    }

    [Fact]
    public void Keys_are_sorted_and_lines_end_in_a_line_feed()
    {
        var text = Encoding.UTF8.GetString(Profile.ToJson(CsvReader.Read("b,a\n1,x\n2,1e308\n"u8.ToArray())));

        Assert.DoesNotContain('\r', text);
        Assert.EndsWith("}\n", text, StringComparison.Ordinal);
        Assert.True(text.IndexOf("\"a\"", StringComparison.Ordinal) < text.IndexOf("\"b\"", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_not_finite_is_left_out() => Assert.Null(Of("v\n1.7e308\n1.7e308\n")["columns"]!["v"]!["mean"]);
}
