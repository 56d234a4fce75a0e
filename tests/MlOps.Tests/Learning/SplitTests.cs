using FsCheck;
using FsCheck.Fluent;
using MlOps.Content;
using MlOps.Data;
using MlOps.Learning;

namespace MlOps.Tests.Learning;

public class SplitTests
{
    private static readonly SplitSpec Hash = new(SplitBy.Hash);
    private static readonly SplitSpec Group = new(SplitBy.Group, "key");

    [Fact]
    public void Neither_order_nor_another_row_moves_a_row() =>
        Prop.ForAll<int, bool>((seed, byGroup) =>
        {
            var (frame, spec) = (Table(seed, 200), byGroup ? Group : Hash);
            int[] shuffled = [.. Enumerable.Range(0, 200)];
            new Random(seed).Shuffle(shuffled);
            var whole = Split.Assign(frame, spec);
            var part = Split.Assign(frame.Select(shuffled.AsSpan(0, 199)), spec);
            return shuffled.Take(199).Select(row => whole[row]).SequenceEqual(part);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Equal_rows_fall_on_the_same_side()
    {
        var frame = Table(1, 150);
        int[] twice = [.. Enumerable.Range(0, 150), .. Enumerable.Range(0, 150)];
        var isTest = Split.Assign(frame.Select(twice), Hash);
        Assert.Equal(isTest.Take(150), isTest.Skip(150));
        isTest = Split.Assign(frame.Select(twice), new(SplitBy.Stratified, "class"));
        Assert.Equal(isTest.Take(150), isTest.Skip(150));
    }

    [Fact]
    public void A_group_never_stands_on_both_sides() =>
        Prop.ForAll<int>(seed =>
        {
            var frame = Table(seed, 300);
            var isTest = Split.Assign(frame, Group);
            return Enumerable.Range(0, 300).GroupBy(r => frame["key"].Text(r)).All(g => g.Select(r => isTest[r]).Distinct().Count() == 1);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void The_share_of_test_rows_is_about_what_was_asked(double share)
    {
        var frame = Table(5, 20_000);
        Assert.InRange(Split.Assign(frame, Hash with { Share = share }).Count(t => t) / 20_000.0, share - 0.015, share + 0.015);
    }

    [Fact]
    public void The_order_of_the_columns_does_not_matter()
    {
        var frame = Table(2, 100);
        Assert.Equal(Split.Assign(frame, Hash), Split.Assign(new([.. frame.Columns.Reverse()]), Hash));
    }

    [Fact]
    public void How_texts_are_stored_does_not_matter()
    {
        string[] cells = [.. Enumerable.Range(0, 100).Select(i => "t" + i)];
        var forwards = Split.Assign(Rows.Of(Rows.Texts("x", cells)), Hash);
        Assert.Equal(forwards.Reverse(), Split.Assign(Rows.Of(Rows.Texts("x", [.. cells.Reverse()])), Hash));
    }

    [Fact]
    public void Each_class_has_its_share_on_both_sides()
    {
        var frame = Table(9, 1000);
        var isTest = Split.Assign(frame, new(SplitBy.Stratified, "class", 0.3));
        Assert.All(Enumerable.Range(0, 1000).GroupBy(r => frame["class"].Text(r)), g =>
            Assert.InRange(g.Count(r => isTest[r]), (0.3 * g.Count()) - 2, (0.3 * g.Count()) + 2));
    }

    [Theory]
    [InlineData(new double[] { 5, 1, 4, 2, 3 }, 0.4, new[] { true, false, true, false, false })]
    [InlineData(new double[] { 1, 2, 2, 2, 2, 3 }, 0.3, new[] { false, false, false, false, false, true })]
    [InlineData(new double[] { 1, 2, 3, 3, 3, 3 }, 0.5, new[] { false, false, true, true, true, true })]
    [InlineData(new double[] { 1, 1, 1, 1, 1, 2 }, 0.9, new[] { false, false, false, false, false, true })]
    [InlineData(new[] { double.NaN, 1, 2, 3 }, 0.5, new[] { false, false, true, true })]
    public void The_last_rows_by_time_are_tested_and_a_tie_never_straddles(double[] times, double share, bool[] expected) =>
        Assert.Equal(expected, Split.Assign(Rows.Of(Rows.Numbers("t", times)), new(SplitBy.Time, "t", share)));

    [Fact]
    public void A_column_tells_the_test_rows_by_the_text_of_its_cells()
    {
        var frame = Rows.Of(Rows.Numbers("year", 2011, 2012, double.NaN), Rows.Texts("fold", "test", "train", null), new BooleanColumn("holdout", [0, 1, 255]));
        Assert.Equal([false, true, false], Split.Assign(frame, new(SplitBy.Column, "year", Value: "2012.0")));
        Assert.Equal([true, false, false], Split.Assign(frame, new(SplitBy.Column, "fold", Value: "test")));
        Assert.Equal([false, true, false], Split.Assign(frame, new(SplitBy.Column, "holdout", Value: "True")));
        Assert.Equal([false, false, true], Split.Assign(frame, new(SplitBy.Column, "fold", Value: "")));
    }

    [Theory]
    [InlineData(SplitBy.Column, "foldd", "test", 0.2, "MLO6020", "did you mean 'fold'?")]
    [InlineData(SplitBy.Group, null, null, 0.2, "MLO6020", "name one of them")]
    [InlineData(SplitBy.Column, "fold", "tst", 0.2, "MLO6021", "did you mean 'test'?")]
    [InlineData(SplitBy.Time, "fold", null, 0.2, "MLO6022", "name a column of ISO 8601 dates or of numbers that grow with time")]
    [InlineData(SplitBy.Hash, null, null, 0.0, "MLO6023", "set it to 0.2")]
    [InlineData(SplitBy.Hash, null, null, double.NaN, "MLO6023", "set it to 0.2")]
    [InlineData(SplitBy.Time, "same", null, 0.5, "MLO6024", "change the share, add rows, or split by something else")]
    [InlineData(SplitBy.Group, "same", null, 0.5, "MLO6024", "change the share, or split by 'column' and name the test key's value")]
    [InlineData(SplitBy.Column, "same", "1", 0.2, "MLO6024", "change the share, add rows, or split by something else")]
    public void A_split_that_does_not_fit_is_explained(SplitBy by, string? column, string? value, double share, string code, string mend)
    {
        var frame = Rows.Of(Rows.Texts("fold", "test", "train", "train"), Rows.Numbers("same", 1, 1, 1));
        var diagnostic = Assert.Single(Assert.Throws<DiagnosticException>(() => Split.Assign(frame, new(by, column, share, value))).Diagnostics);
        Assert.Equal((code, mend), (diagnostic.Code, diagnostic.Mend));
    }

    private static Frame Table(int seed, int rows)
    {
        var random = new Random(seed);
        return Rows.Of(
            Rows.Numbers("x", [.. Enumerable.Range(0, rows).Select(_ => random.Next(9) == 0 ? double.NaN : random.Next(100_000))]),
            Rows.Texts("key", [.. Enumerable.Range(0, rows).Select(_ => random.Next(30) is var k and > 0 ? "k" + k : null)]),
            Rows.Texts("class", [.. Enumerable.Range(0, rows).Select(_ => "abc"[random.Next(3)].ToString())]));
    }
}
