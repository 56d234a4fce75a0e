using System.Text;
using MlOps.Data;

namespace MlOps.Tests.Data;

/// <summary>CSV for other programs.</summary>
public sealed class CsvFileTests
{
    [Fact]
    public void Cells_are_their_canonical_text_and_quoted_where_they_need_it()
    {
        var frame = new Frame(
        [
            new NumberColumn("n", [0.1, double.NaN, -0.0, 1e300]),
            new BooleanColumn("b, \"quoted\"", [1, 0, BooleanColumn.Missing, 1]),
            new TimestampColumn("t", [0, 1_700_000_000_123, TimestampColumn.Missing, 86_400_000]),
            new StringColumn("s", [0, 1, 2, -1], ["a,b", "say \"x\"\r\nno", " é "]),
        ]);

        Assert.Equal(
            "n,\"b, \"\"quoted\"\"\",t,s\n0.1,true,1970-01-01,\"a,b\"\n,false,2023-11-14T22:13:20.123Z,\"say \"\"x\"\"\r\nno\"\n0,,,\" é \"\n1E+300,true,1970-01-02,\n",
            Encoding.UTF8.GetString(Csv(frame)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_reader_reads_the_same_cells_back(int seed)
    {
        var random = new Random(seed);
        string[] texts = ["x", "a,b", "\"", "line\nbreak", "ß 日本", "x;y", "'"];
        const int Rows = 200;
        var frame = new Frame(
        [
            new NumberColumn("n", [.. Enumerable.Range(0, Rows).Select(i => i % 5 == 4 ? double.NaN : BitConverter.Int64BitsToDouble(random.NextInt64(0x3FF0000000000000, 0x40F0000000000000)))]),
            new BooleanColumn("b", [.. Enumerable.Range(0, Rows).Select(i => i % 7 == 3 ? BooleanColumn.Missing : (byte)random.Next(2))]),
            new TimestampColumn("t", [.. Enumerable.Range(0, Rows).Select(i => i % 9 == 8 ? TimestampColumn.Missing : random.NextInt64(IsoTime.Earliest, IsoTime.Latest))]),
            new StringColumn("s", [.. Enumerable.Range(0, Rows).Select(i => i < texts.Length ? i : random.Next(-1, texts.Length))], texts),
        ]);

        var read = CsvReader.Read(Csv(frame));

        Assert.Equal(frame.Columns.Select(column => (column.Name, column.Type)), read.Columns.Select(column => (column.Name, column.Type)));
        for (var row = 0; row < Rows; row++)
        {
            Assert.Equal(frame.Columns.Select(column => column.Text(row)), read.Columns.Select(column => column.Text(row)));
        }
    }

    private static byte[] Csv(Frame frame)
    {
        using var bytes = new MemoryStream();
        CsvFile.Write(frame, bytes);
        return bytes.ToArray();
    }
}
