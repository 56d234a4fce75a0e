using MlOps.Learning;

namespace MlOps.Tests.Learning.Tuning;

public sealed class SearchTests
{
    [Fact]
    public void A_lot_follows_from_seed_trial_and_option_alone()
    {
        Assert.Equal(Lots.Of(7, 12, "leaves"), Lots.Of(7, 12, "leaves"));
        Assert.Equal(3, new[] { Lots.Of(7, 12, "l2"), Lots.Of(7, 13, "leaves"), Lots.Of(8, 12, "leaves") }.Append(Lots.Of(7, 12, "leaves")).Distinct().Count() - 1);
        Assert.All(Draws(), lot => Assert.InRange(lot, 0, Math.BitDecrement(1.0)));
    }

    [Fact]
    public void Lots_are_spread_evenly()
    {
        // Of 4000 even lots a tenth gets 400 ± 19; five deviations are allowed.
        var tenths = Draws().GroupBy(lot => (int)(lot * 10)).ToDictionary(group => group.Key, group => group.Count());
        Assert.All(Enumerable.Range(0, 10), tenth => Assert.InRange(tenths[tenth], 305, 495));
    }

    [Fact]
    public void Whole_numbers_are_drawn_as_often_at_the_ends_as_between()
    {
        var range = new NumberRange(3, 6, IsLogarithmic: false, IsWhole: true);
        var counts = Draws().Select(range.At).GroupBy(number => number).ToDictionary(group => group.Key, group => group.Count());
        Assert.Equal([3, 4, 5, 6], counts.Keys.Order());
        Assert.All(counts.Values, count => Assert.InRange(count, 850, 1150));
    }

    [Fact]
    public void Of_a_logarithmic_range_equal_ratios_are_equally_likely()
    {
        var range = new NumberRange(0.01, 100, IsLogarithmic: true, IsWhole: false);
        var decades = Draws().Select(range.At).GroupBy(number => (int)Math.Floor(Math.Log10(number))).ToDictionary(group => group.Key, group => group.Count());
        Assert.All(Enumerable.Range(-2, 4), decade => Assert.InRange(decades[decade], 850, 1150));
        Assert.Equal([1.0, 2, 4], new[] { 0, 0.5, 0.999 }.Select(new NumberRange(1, 4, IsLogarithmic: true, IsWhole: true).At));
    }

    [Theory]
    [InlineData(0.02, 0.3, true, 0.123456, 0.02794)]
    [InlineData(0, 1, false, 0.123456, 0.1235)]
    [InlineData(0.12346, 0.12346, false, 0.5, 0.12346)]
    public void Numbers_have_four_digits_and_stay_between_the_ends(double low, double high, bool isLogarithmic, double lot, double number) =>
        Assert.Equal(number, new NumberRange(low, high, isLogarithmic, IsWhole: false).At(lot));

    private static IEnumerable<double> Draws() => Enumerable.Range(0, 4000).Select(trial => Lots.Of(0, trial, "leaves"));
}
