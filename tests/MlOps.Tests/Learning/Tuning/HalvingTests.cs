using MlOps.Learning;

namespace MlOps.Tests.Learning.Tuning;

public sealed class HalvingTests
{
    [Theory]
    [InlineData(false, new[] { 1, 3, 6 })]
    [InlineData(true, new[] { 1, 2, 5 })]
    public void The_best_third_goes_on_and_the_first_trial_always(bool higherIsBetter, int[] survivors) =>
        Assert.Equal(survivors, new Halving(3, 3).Survivors([1, 2, 3, 4, 5, 6], [5, 9, 1, null, 7, 2], higherIsBetter));

    [Fact]
    public void Of_equal_trials_the_earlier_is_better_and_undefined_is_worst() =>
        Assert.Equal([2, 3, 1, 4], Halving.Ranked([1, 2, 3, 4], [null, 0.5, 0.5, null], higherIsBetter: true));

    [Fact]
    public void Each_rung_gives_as_many_times_more_as_trials_are_left_out()
    {
        Assert.Equal([1.0 / 9, 1.0 / 3, 1], Enumerable.Range(0, 3).Select(new Halving(3, 3).Share));
        Assert.Equal(1, Halving.None.Share(0));
    }
}
