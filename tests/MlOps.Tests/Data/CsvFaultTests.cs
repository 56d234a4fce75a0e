using System.Text;
using MlOps.Content;
using MlOps.Data;

namespace MlOps.Tests.Data;

public class CsvFaultTests
{
    public static TheoryData<string, string[]> Faults => new()
    {
        { "", ["MLO4001 t.csv:1"] },
        { "\uFEFF\n\n", ["MLO4001 t.csv:1"] },
        { "a,b\n", ["MLO4002 t.csv:1"] },
        { "a,b\n1\n1,2\n1,2,3\n", ["MLO4003 t.csv:2", "MLO4003 t.csv:4"] },
        { "a,b\n\"x\ny\",2\n1\n", ["MLO4003 t.csv:4"] },
        { "a,b\n1,2\n1,\0\n", ["MLO4004 t.csv:3"] },
        { "a,b,a\n1,2,3\n", ["MLO4006 t.csv:1"] },
        { "a,\n1,2\n", ["MLO4007 t.csv:1"] },
        { "a,b\n1,1e999\n-1e999,2\n3,1e-999\n", ["MLO4008 t.csv:2", "MLO4008 t.csv:3", "MLO4008 t.csv:4"] },
        { "a,b\n1,\"2\n3,4\n", ["MLO4009 t.csv:2"] },
        { "a,\"b\n1,2\n", ["MLO4009 t.csv:1"] },
        { "a;b\n1;2\n", ["MLO4014 t.csv:1"] },
        { "a;b\n1,5;2\n2,5;3\n", ["MLO4014 t.csv:1"] },
        { "\uFEFF\"a\"\t\"b\"\r\n\"1,5\"\t2\r\n\r\n3\t\"x\ty\"", ["MLO4014 t.csv:1"] },
        { "a;b\n", ["MLO4002 t.csv:1"] },
        { "a,b\n1,\"2\"x\n\"y\" ,1\n", ["MLO4010 t.csv:2", "MLO4010 t.csv:3"] },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Each_fault_is_told_with_its_line(string text, string[] expected)
    {
        var faults = FaultsOf(Encoding.UTF8.GetBytes(text));

        Assert.Equal(expected, faults.Select(fault => $"{fault.Code} {fault.Where}"));
        Assert.All(faults, fault => Assert.NotNull(fault.Mend));
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_told_with_their_offset()
    {
        var fault = Assert.Single(FaultsOf([.. "a,b\nx,"u8, 0xE9, .. "\ny,z\n"u8]));

        Assert.Equal("MLO4005", fault.Code);
        Assert.Equal("t.csv:2", fault.Where);
        Assert.Contains("offset 6", fault.What, StringComparison.Ordinal);
    }

    [Fact]
    public void UTF16_is_told_as_such() => Assert.Contains("UTF-16", Assert.Single(FaultsOf([0xFF, 0xFE, (byte)'a', 0])).What, StringComparison.Ordinal);

    [Fact]
    public void A_number_out_of_range_is_a_text_where_the_column_is_text() =>
        Assert.Equal(ColumnType.String, CsvReader.Read("a,b\n1e999,1\nx,1\n"u8.ToArray())["a"].Type);

    [Fact]
    public void Faults_of_a_kind_are_counted_after_the_first_few()
    {
        var faults = FaultsOf(Encoding.UTF8.GetBytes("a,b\n" + string.Concat(Enumerable.Repeat("1\n", 57))));

        Assert.Equal(21, faults.Count);
        Assert.Equal("and 37 more of this kind", faults[20].What);
        Assert.Equal("MLO4003", faults[20].Code);
    }

    [Theory]
    [InlineData("a;b\nsemicolons here; and there\nbut not here\n")]
    [InlineData("\"a;b\"\n1;2\n")]
    [InlineData("a\n1;2\n")]
    [InlineData("a;x,b\n1;2,3\n")]
    public void A_sign_that_does_not_part_every_row_is_a_part_of_cells(string text) =>
        Assert.Equal(text.Contains(',', StringComparison.Ordinal) ? 2 : 1, CsvReader.Read(Encoding.UTF8.GetBytes(text)).Columns.Count);

    [Fact]
    public void One_row_without_the_sign_however_late_makes_it_a_part_of_cells()
    {
        var rows = "a;b\n" + string.Concat(Enumerable.Repeat("1;2\n", 200_000));
        Assert.Equal("MLO4014", Assert.Single(FaultsOf(Encoding.UTF8.GetBytes(rows + "3;4"))).Code);
        Assert.Equal(200_001, CsvReader.Read(Encoding.UTF8.GetBytes(rows + "3")).RowCount);
    }

    [Fact]
    public void The_delimiter_found_is_named() =>
        Assert.Contains("semicolons", Assert.Single(FaultsOf("a;b\n1;2\n"u8.ToArray())).What, StringComparison.Ordinal);

    [Fact]
    public void Ragged_rows_tell_both_counts() =>
        Assert.Equal("a row of 3 cells in a table of 2 columns", Assert.Single(FaultsOf("a,b\n1,2,3\n"u8.ToArray())).What);

    [Fact]
    public void Cells_that_are_not_what_was_declared_are_told_with_row_and_value()
    {
        var schema = new Schema([new("i", ColumnType.Integer), new("b", ColumnType.Boolean), new("gone", ColumnType.String)]);

        var faults = FaultsOf("i,b\n1,true\n1.5,0\n"u8.ToArray(), schema);

        Assert.Equal(["MLO4012", "MLO4011", "MLO4011"], faults.Select(fault => fault.Code));
        Assert.Equal("row 2: '1.5' in column 'i' is no integer", faults[1].What);
        Assert.Equal("t.csv:3", faults[2].Where);
    }

    private static IReadOnlyList<Diagnostic> FaultsOf(byte[] content, Schema? schema = null) =>
        Assert.Throws<DiagnosticException>(() => CsvReader.Read(content, new() { Path = "t.csv", Schema = schema })).Diagnostics;
}
