using System.Text;
using MlOps.Data;

namespace MlOps.Tests.Data;

public class CsvReaderTests
{
    [Theory]
    [InlineData("0001-01-01T00:00:00+00:01")]
    [InlineData("9999-12-31T23:59:59-00:01")]
    public void An_instant_outside_of_the_years_1_to_9999_is_a_text(string text)
    {
        var column = Read("t\n" + text)["t"];

        Assert.Equal((ColumnType.String, text), (column.Type, column.Text(0)));
    }

    private static Frame Read(string text) => CsvReader.Read(Encoding.UTF8.GetBytes(text));

    private static IEnumerable<string?> Cells(Frame frame, string column) => Enumerable.Range(0, frame.RowCount).Select(frame[column].Text);

    [Theory]
    [InlineData("1,2", ColumnType.Integer)]
    [InlineData("-9007199254740992,9007199254740992", ColumnType.Integer)]
    [InlineData("1,2.0", ColumnType.Number)]
    [InlineData("1,.5", ColumnType.Number)]
    [InlineData("1e3,-2E-5", ColumnType.Number)]
    [InlineData("1,1e", ColumnType.String)]
    [InlineData("9007199254740993,1", ColumnType.String)]
    [InlineData("99999999999999999999,1", ColumnType.String)]
    [InlineData("9007199254740993,1.5", ColumnType.Number)]
    [InlineData("007,8", ColumnType.String)]
    [InlineData("+7,8", ColumnType.String)]
    [InlineData(" 7,8", ColumnType.String)]
    [InlineData("NaN,8", ColumnType.String)]
    [InlineData("1,Infinity", ColumnType.String)]
    [InlineData("0x1,8", ColumnType.String)]
    [InlineData("true,FALSE", ColumnType.Boolean)]
    [InlineData("true,1", ColumnType.String)]
    [InlineData("2024-02-29,2024-01-31T08:15", ColumnType.Timestamp)]
    [InlineData("2023-02-29,2024-01-31", ColumnType.String)]
    [InlineData("2024-01-31 08:15:59.123456Z,2024-01-31T08:15:59+02:00", ColumnType.Timestamp)]
    [InlineData("2024-01-31T24:00,2024-01-31", ColumnType.String)]
    [InlineData("2024-01-31T,2024-01-31", ColumnType.String)]
    [InlineData(",", ColumnType.String)]
    [InlineData(",5", ColumnType.Integer)]
    public void A_column_has_the_narrowest_type_that_all_its_cells_have(string cells, ColumnType type)
    {
        foreach (var order in new[] { cells.Split(','), [.. cells.Split(',').Reverse()] })
        {
            var frame = Read("k,v\n" + string.Concat(order.Select(cell => $"x,{cell}\n")));

            Assert.Equal(type, frame["v"].Type);
            if (type == ColumnType.String)
            {
                Assert.Equal(order.Select(cell => cell.Length == 0 ? null : cell), Cells(frame, "v"));
            }
        }
    }

    [Fact]
    public void Texts_survive_a_type_that_is_found_out_late()
    {
        var rows = string.Concat(Enumerable.Range(1, 100_000).Select(i => $"{i}.50,2024-01-01,{i}\n"));

        var frame = Read("a,b,c\n" + rows + "x,y,1.5\n");

        Assert.Equal("1.50", frame["a"].Text(0));
        Assert.Equal("99999.50", frame["a"].Text(99_998));
        Assert.Equal("x", frame["a"].Text(100_000));
        Assert.Equal("2024-01-01", frame["b"].Text(7));
        Assert.Equal(ColumnType.Number, frame["c"].Type);
        Assert.Equal(1.5, ((NumberColumn)frame["c"]).Values[100_000]);
        Assert.Equal(99_999, ((NumberColumn)frame["c"]).Values[99_998]);
    }

    [Theory]
    [InlineData("2024-01-31T08:15:59.1234Z", 1706688959123)]
    [InlineData("2024-01-31 08:15", 1706688900000)]
    [InlineData("2024-01-31T10:15+0200", 1706688900000)]
    [InlineData("2024-01-31T03:45-04:30", 1706688900000)]
    [InlineData("1969-12-31", -86400000)]
    public void Timestamps_are_milliseconds_since_1970_in_UTC(string text, long milliseconds) =>
        Assert.Equal(milliseconds, ((TimestampColumn)Read("t\n" + text)["t"]).Values[0]);

    [Theory]
    [InlineData("a,b\n1,2")]
    [InlineData("a,b\r\n1,2\r\n")]
    [InlineData("\uFEFFa,b\r1,2\r")]
    [InlineData("a,b\n\n1,2\r\n\r\n")]
    [InlineData("\"a\",\"b\"\n\"1\",\"2\"")]
    public void Line_ends_quotes_and_the_byte_order_mark_change_nothing(string text)
    {
        var frame = Read(text);

        Assert.Equal(["a", "b"], frame.Columns.Select(column => column.Name));
        Assert.Equal(1, frame.RowCount);
        Assert.Equal(ColumnType.Integer, frame["a"].Type);
        Assert.Equal("2", frame["b"].Text(0));
    }

    [Fact]
    public void Empty_cells_are_missing_quoted_or_not()
    {
        var frame = Read("s,n,b,t\n\"\",\"\",,\nx,1,true,2024-01-01\n,,\"\",\"\"\n");

        foreach (var column in frame.Columns)
        {
            Assert.Equal([true, false, true], Enumerable.Range(0, 3).Select(column.IsMissing));
        }
    }

    [Fact]
    public void An_empty_line_is_a_missing_cell_where_there_is_one_column() => Assert.Equal(["1", null, "2"], Cells(Read("a\n1\n\n2"), "a"));

    [Fact]
    public void A_quote_inside_an_unquoted_cell_is_a_quote() => Assert.Equal(["5\" pipe"], Cells(Read("a,b\n5\" pipe,1\n"), "a"));

    [Fact]
    public void Declared_types_win_over_what_cells_look_like()
    {
        var schema = new Schema([new("zip", ColumnType.String), new("n", ColumnType.Number), new("i", ColumnType.Integer)]);

        var frame = CsvReader.Read(Encoding.UTF8.GetBytes("zip,n,i,free\n1,+2,007,3\n"), new() { Schema = schema });

        Assert.Equal([ColumnType.String, ColumnType.Number, ColumnType.Integer, ColumnType.Integer], frame.Columns.Select(column => column.Type));
        Assert.Equal(2, ((NumberColumn)frame["n"]).Values[0]);
        Assert.Equal(7, ((NumberColumn)frame["i"]).Values[0]);
    }

    [SkippableTheory]
    [InlineData("adult", 48842, 15, "workclass", 2799)]
    [InlineData("beijing_pm25", 43824, 12, "pm25", 2067)]
    [InlineData("bike_sharing", 17379, 17, "cnt", 0)]
    [InlineData("penguins", 344, 8, "sex", 11)]
    [InlineData("sms_spam", 5574, 2, "text", 0)]
    [InlineData("taxi_fare", 200000, 7, "fare_amount", 0)]
    public void Real_tables_have_the_rows_and_gaps_that_their_source_names(string name, int rows, int columns, string column, int missing)
    {
        var frame = RealData.Read(name);

        Assert.Equal((rows, columns, missing), (frame.RowCount, frame.Columns.Count, frame[column].MissingCount));
    }
}
