using FsCheck;
using FsCheck.Fluent;
using MlOps.Content;
using MlOps.Data;
using MlOps.Learning;

namespace MlOps.Tests.Learning.Tuning;

public sealed class FoldTests
{
    [Theory]
    [InlineData(SplitBy.Hash, null)]
    [InlineData(SplitBy.Stratified, "three")]
    [InlineData(SplitBy.Group, "c")]
    public void Each_row_is_tested_once_and_never_learnt_from_by_the_same_fold(SplitBy by, string? key)
    {
        var rows = Rows.Mixed(300, 1);
        var folds = Folds.Of(rows, by, key is null ? null : rows[key], 4);
        Assert.Equal(Enumerable.Range(0, 300), folds.SelectMany(fold => fold.Tests).Order());
        Assert.All(folds, fold => Assert.Equal(Enumerable.Range(0, 300), fold.Learns.Concat(fold.Tests).Order()));
    }

    [Fact]
    public void A_group_is_in_one_fold_only() => Prop.ForAll<int>(seed =>
    {
        var rows = Rows.Mixed(200, seed);
        return Folds.Of(rows, SplitBy.Group, rows["c"], 3).All(fold =>
            !fold.Tests.Select(row => rows["c"].Text(row)).Intersect(fold.Learns.Select(row => rows["c"].Text(row))).Any());
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void By_time_each_fold_learns_from_what_came_before_it_only() => Prop.ForAll<int>(seed =>
    {
        var rows = Rows.Mixed(200, seed);
        var times = ((TimestampColumn)rows["t"]).Values;
        var folds = Folds.Of(rows, SplitBy.Time, rows["t"], 3);
        return folds.All(fold => fold.Learns.Max(row => times[row]) < fold.Tests.Min(row => times[row]))
            && folds.Zip(folds.Skip(1)).All(pair => pair.Second.Learns.ToHashSet().SetEquals(pair.First.Learns.Concat(pair.First.Tests)));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Each_class_has_its_share_in_each_fold()
    {
        var rows = Rows.Mixed(300, 3);
        var counts = Folds.Of(rows, SplitBy.Stratified, rows["two"], 3).Select(fold => fold.Tests.Count(row => rows["two"].Text(row) == "yes")).ToArray();
        Assert.InRange(counts.Max() - counts.Min(), 0, 1);
    }

    [Fact]
    public void Equal_rows_are_in_one_fold_whatever_the_order()
    {
        var rows = Rows.Mixed(90, 4);
        int[] twice = [.. Enumerable.Range(0, 90).Reverse(), .. Enumerable.Range(0, 90)];
        var folds = Folds.Of(rows.Select(twice), SplitBy.Hash, null, 3);
        Assert.All(folds, fold => Assert.All(fold.Tests.Select(row => twice[row]).GroupBy(row => row), row => Assert.Equal(2, row.Count())));
        Assert.Equal(Folds.Of(rows, SplitBy.Hash, null, 3).Select(fold => string.Join(' ', fold.Tests)), folds.Select(fold => string.Join(' ', fold.Tests.Select(row => twice[row]).Distinct().Order())));
    }

    [Theory]
    [InlineData(SplitBy.Hash, "2 rows")]
    [InlineData(SplitBy.Group, "2 groups")]
    [InlineData(SplitBy.Time, "2 rows")]
    public void More_folds_than_rows_or_groups_are_refused(SplitBy by, string why)
    {
        var rows = Rows.Of(Rows.Numbers("k", 1, 2));
        var refused = Assert.Single(Assert.Throws<DiagnosticException>(() => Folds.Of(rows, by, by == SplitBy.Hash ? null : rows["k"], 3)).Diagnostics);
        Assert.Equal("MLO6090", refused.Code);
        Assert.Contains(why, refused.Why, StringComparison.Ordinal);
    }
}
