using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MlOps.Data;
using MlOps.Data.Internal;

namespace MlOps.Tests.Data;

/// <summary>Our reader against CsvHelper on generated tables, and against <see cref="double.Parse(string)"/> on generated numbers.</summary>
public class CsvOracleTests
{
    private static readonly Gen<string> Cell = Gen.Elements("", "a", "1", "-2.5", " ", ",", "\"", "\n", "\r\n", "é", "漢字", "😀", "true", "2024-01-31", "x y")
        .ListOf().Select(parts => string.Concat(parts.Take(5)));

    private static readonly Gen<string> Table =
        from columns in Gen.Choose(2, 5)
        from rows in Gen.Choose(1, 12)
        from cells in Cell.ArrayOf(columns * rows)
        from quotes in Gen.Choose(0, 1).ArrayOf(columns * rows)
        from ends in Gen.Elements("\n", "\r\n").ArrayOf(rows + 1)
        from mark in Gen.Elements("", "\uFEFF")
        from last in Gen.Elements(true, false)
        select Print(columns, rows, cells, quotes, ends, mark, last);

    [Fact]
    public void Generated_tables_read_as_CsvHelper_reads_them_whatever_the_chunks() => Prop.ForAll(Table.ToArbitrary(), text =>
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var expected = WithCsvHelper(bytes);
        return new[] { 16, 64, 1 << 18 }.All(chunk => Same(expected, WithUs(bytes, chunk)));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Inferred_types_do_not_depend_on_chunks() => Prop.ForAll(Table.ToArbitrary(), text =>
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return FrameFile.ToBytes(Infer(bytes, 16)).AsSpan().SequenceEqual(FrameFile.ToBytes(Infer(bytes, 1 << 18)));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void Printed_doubles_are_read_exactly() => Prop.ForAll(
        Gen.Choose(int.MinValue, int.MaxValue).Two().Select(halves => BitConverter.Int64BitsToDouble(((long)halves.Item1 << 32) | (uint)halves.Item2))
            .Where(double.IsFinite).ToArbitrary(),
        value => IsExact(value.ToString("R", CultureInfo.InvariantCulture)) && IsExact(value.ToString("E16", CultureInfo.InvariantCulture)))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Decimal_texts_are_read_exactly() => Prop.ForAll(
        (from whole in Gen.Choose(0, 9).ListOf()
         from part in Gen.Choose(0, 9).ListOf()
         from power in Gen.Choose(-40, 40)
         from sign in Gen.Elements("", "-")
         select sign + Digits(whole, "0").TrimStart('0').PadLeft(1, '0') + "." + Digits(part, "") + (power % 3 == 0 ? "" : $"e{power}")).ToArbitrary(),
        IsExact).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Fact]
    public void All_digits_at_once_are_read_as_one_by_one() => Prop.ForAll(
        Gen.Elements("0", "1", "27", "305", "9", "4444", ".", ".", "-", ",", "\n", "\r", "\"", "x", "é", "\0", "/", ":").ListOf().Select(string.Concat).ToArbitrary(),
        IsSameAtOnce).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Theory]
    [InlineData("-99999999999999,")]
    [InlineData("0.0000000000001,")]
    [InlineData("999999999999999,")]
    [InlineData("-0\n")]
    [InlineData("-.5,")]
    [InlineData("5.,")]
    public void All_digits_at_once_reach_to_fifteen(string text) =>
        Assert.True(IsSameAtOnce(text) && (!System.Runtime.Intrinsics.Vector128.IsHardwareAccelerated || AtOnce(text).Shape != NumberShape.None));

    [Fact]
    public void A_chunk_may_end_anywhere_in_a_row_of_numbers()
    {
        var random = new Random(7);
        var rows = Enumerable.Range(0, 400).Select(_ => string.Join(',', Enumerable.Range(0, 4).Select(_ => Math.Round(random.NextDouble() * Math.Pow(10, random.Next(9)), random.Next(9)).ToString(CultureInfo.InvariantCulture))));
        var bytes = Encoding.ASCII.GetBytes("a,b,c,d\r\n" + string.Join("\r\n", rows));
        var whole = FrameFile.ToBytes(Infer(bytes, 1 << 18));
        Assert.All(Enumerable.Range(16, 60), chunk => Assert.True(whole.AsSpan().SequenceEqual(FrameFile.ToBytes(Infer(bytes, chunk)))));
    }

    [Theory]
    [InlineData("9007199254740993.0")]
    [InlineData("1.7976931348623157e308")]
    [InlineData("5e-324")]
    [InlineData("2.2250738585072011e-308")]
    [InlineData("123456789012345678")]
    [InlineData("0.1e23")]
    [InlineData("8.5e22")]
    public void Hard_numbers_are_read_exactly(string text) => Assert.True(IsExact(text));

    private static string Digits(IEnumerable<int> digits, string otherwise) => string.Concat(digits) is { Length: > 0 } text ? text : otherwise;

    private static bool IsExact(string text)
    {
        var frame = CsvReader.Read(Encoding.UTF8.GetBytes($"v,w\n1.5,{text}\n{text},1.5\n"));
        var bits = BitConverter.DoubleToInt64Bits(double.Parse(text, CultureInfo.InvariantCulture));
        return BitConverter.DoubleToInt64Bits(((NumberColumn)frame["v"]).Values[1]) == bits && BitConverter.DoubleToInt64Bits(((NumberColumn)frame["w"]).Values[0]) == bits;
    }

    private static bool IsSameAtOnce(string text)
    {
        var (length, bits, shape) = AtOnce(text);
        return shape == NumberShape.None || (length, bits, shape) == OneByOne(text);
    }

    private static unsafe (long Length, long Bits, NumberShape Shape) AtOnce(string text)
    {
        fixed (byte* p = Encoding.UTF8.GetBytes(text + "\0" + new string('7', PlainNumber.Ahead)))
        {
            var end = PlainNumber.ScanShort(p, new(), out var value, out var shape);
            return (end - p, BitConverter.DoubleToInt64Bits(value), shape);
        }
    }

    private static unsafe (long Length, long Bits, NumberShape Shape) OneByOne(string text)
    {
        fixed (byte* p = Encoding.UTF8.GetBytes(text + "\0"))
        {
            var end = PlainNumber.Scan(p, out var value, out var shape);
            return (end - p, BitConverter.DoubleToInt64Bits(value), shape);
        }
    }

    private static Frame Infer(byte[] bytes, int chunk)
    {
        using var stream = new MemoryStream(bytes);
        return new CsvParser(stream, "t.csv", new(), CancellationToken.None, chunk).Read();
    }

    private static List<string[]> WithUs(byte[] bytes, int chunk)
    {
        using var stream = new MemoryStream(bytes);
        var columns = Enumerable.Range(0, 5).Select(i => new ColumnSchema($"c{i}", ColumnType.String)).Where(column => Encoding.UTF8.GetString(bytes).Contains(column.Name, StringComparison.Ordinal));
        var frame = new CsvParser(stream, "t.csv", new() { Schema = new([.. columns]) }, CancellationToken.None, chunk).Read();
        return [.. Enumerable.Range(0, frame.RowCount).Select(row => frame.Columns.Select(column => column.Text(row) ?? "").ToArray())];
    }

    private static List<string[]> WithCsvHelper(byte[] bytes)
    {
        using var reader = CsvHelper.CsvReader.Create(bytes, new CsvHelper.CsvReaderOptions { Separator = ',' });
        var rows = new List<string[]>();
        while (reader.Read())
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)]);
        }

        return rows;
    }

    private static bool Same(List<string[]> expected, List<string[]> actual) =>
        expected.Count == actual.Count && expected.Zip(actual).All(pair => pair.First.SequenceEqual(pair.Second));

    private static string Print(int columns, int rows, string[] cells, int[] quotes, string[] ends, string mark, bool last)
    {
        var text = new StringBuilder(mark).AppendJoin(',', Enumerable.Range(0, columns).Select(i => $"c{i}"));
        for (var row = 0; row < rows; row++)
        {
            text.Append(ends[row]);
            for (var column = 0; column < columns; column++)
            {
                var cell = cells[(row * columns) + column];
                var quoted = quotes[(row * columns) + column] == 1 || cell.AsSpan().IndexOfAny(",\"\r\n") >= 0;
                text.Append(column > 0 ? "," : "").Append(quoted ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell);
            }
        }

        return text.Append(last ? ends[rows] : "").ToString();
    }
}
