using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MlOps.Data;

namespace MlOps.Tests.Data;

public class FrameFileTests
{
    private static readonly Frame Sample = CsvReader.Read(Encoding.UTF8.GetBytes(
        "i,n,b,t,s,big,none\n1,0.5,true,2024-01-01,é,-4000000000,\n,,,,,,\n-3,-0.0,false,1969-01-01T01:02:03.004Z,\"a\nb\",4000000000,\n"));

    [Fact]
    public void A_frame_comes_back_cell_by_cell() => AssertSame(Sample, FrameFile.FromBytes(FrameFile.ToBytes(Sample)));

    [Fact]
    public void Generated_numbers_come_back_bit_by_bit() => Prop.ForAll(
        Gen.OneOf(Gen.Choose(-3, 300).Select(i => (double)i), Gen.Choose(-70000, 70000).Select(i => (double)i), Gen.Choose(-9, 9).Select(i => i / 4.0), Gen.Elements(double.NaN, -0.0, 1e300))
            .ArrayOf().ToArbitrary(),
        values =>
        {
            var frame = new Frame([new NumberColumn("v", values)]);
            var back = (NumberColumn)FrameFile.FromBytes(FrameFile.ToBytes(frame))["v"];
            return back.Values.Select(BitConverter.DoubleToInt64Bits).SequenceEqual(values.Select(value => BitConverter.DoubleToInt64Bits(double.IsNaN(value) ? double.NaN : value)));
        }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Texts_that_no_cell_has_do_not_change_the_bytes() => Assert.Equal(
        FrameFile.ToBytes(new([new StringColumn("s", [1, 0, -1], ["x", "y"])])),
        FrameFile.ToBytes(new([new StringColumn("s", [0, 2, -1], ["y", "unused", "x"])])));

    [Fact]
    public void More_texts_than_a_byte_counts_come_back()
    {
        var frame = new Frame([new StringColumn("s", [.. Enumerable.Range(0, 70_000)], [.. Enumerable.Range(0, 70_000).Select(i => $"t{i}")])]);

        AssertSame(frame, FrameFile.FromBytes(FrameFile.ToBytes(frame)));
    }

    [Fact]
    public void Any_flipped_or_cut_byte_is_noticed()
    {
        var bytes = FrameFile.ToBytes(Sample);
        for (var i = 0; i < bytes.Length; i++)
        {
            byte[] flipped = [.. bytes];
            flipped[i] ^= 0x40;
            Assert.Throws<InvalidDataException>(() => FrameFile.FromBytes(flipped));
            Assert.Throws<InvalidDataException>(() => FrameFile.FromBytes(bytes[..i]));
        }
    }

    private static void AssertSame(Frame expected, Frame actual)
    {
        Assert.Equal(Schema.Of(expected).Columns, Schema.Of(actual).Columns);
        Assert.Equal(expected.RowCount, actual.RowCount);
        foreach (var column in expected.Columns)
        {
            Assert.All(Enumerable.Range(0, expected.RowCount), row => Assert.Equal(column.Text(row), actual[column.Name].Text(row)));
        }
    }
}
