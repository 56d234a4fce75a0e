using System.Text;
using MlOps.Data;

namespace MlOps.Tests.Data;

public class RowDigestsTests
{
    private static RowDigests Of(string csv) => RowDigests.Of(CsvReader.Read(Encoding.UTF8.GetBytes(csv)));

    [Theory]
    [InlineData("a,b\n1,x\n2,y\n", "+0", "same rows")]
    [InlineData("a,b\n2,y\n1,x\n", "order", "same rows")]
    [InlineData("b,a\nx,1\ny,2\n", "column order", "same rows")]
    [InlineData("a,b\n1,x\n2,y\n2,y\n", "twice", "+1 row")]
    [InlineData("a,b\n1,x\n", "gone", "−1 row")]
    [InlineData("a,b\n1,x\n2,z\n3,y\n", "changed", "+2 −1 rows")]
    [InlineData("a,b\n1,x\n2,y\n2.5,y\n", "wider type", "+1 row")]
    [InlineData("a,b\n1,x\n2,\n", "missing", "+1 −1 rows")]
    [InlineData("a,c\n1,x\n2,y\n", "renamed", "+2 −2 rows")]
    public void The_difference_counts_rows(string now, string what, string expected)
    {
        Assert.NotEmpty(what);
        Assert.Equal(expected, RowDigests.Diff(Of("a,b\n1,x\n2,y\n"), Of(now)).ToString());
    }

    [Fact]
    public void Rows_that_another_table_has_are_counted_but_for_those_that_a_third_has_too() =>
        Assert.Equal(2, Of("a\n1\n2\n2\n3\n4\n").CountIn(Of("a\n2\n3\n9\n"), Of("a\n3\n1\n")));

    [Fact]
    public void Bytes_come_back_and_do_not_depend_on_the_order_of_rows()
    {
        var bytes = Of("a\n1\n2\n3\n").ToBytes();

        Assert.Equal(bytes, Of("a\n3\n1\n2\n").ToBytes());
        Assert.Equal(bytes, RowDigests.FromBytes(bytes).ToBytes());
        Assert.Throws<InvalidDataException>(() => RowDigests.FromBytes(bytes.AsSpan(0, bytes.Length - 1)));
        Assert.Throws<InvalidDataException>(() => RowDigests.FromBytes("nonsense"u8));
    }
}
