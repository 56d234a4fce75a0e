using MlOps.Content;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Tests.Learning;

public class GateTests
{
    private static readonly Dictionary<string, double?> Measured = new() { ["rmse"] = 58.25, ["r2"] = null };

    [Theory]
    [InlineData(null, 60.0, null)]
    [InlineData(null, 58.25, null)]
    [InlineData(58.25, 58.25, null)]
    [InlineData(null, 58.0, "rmse 58.25 is above the most allowed, 58")]
    [InlineData(60.0, null, "rmse 58.25 is below the least allowed, 60")]
    public void Bounds_are_inclusive(double? min, double? max, string? reason)
    {
        var verdict = Gate.Check(new Dictionary<string, GateBounds> { ["rmse"] = new() { Min = min, Max = max } }, Measured);
        Assert.Equal(reason is null, verdict.Passed);
        Assert.Equal(reason is null ? [] : [reason], verdict.Reasons);
    }

    [Fact]
    public void An_undefined_metric_never_passes()
    {
        var verdict = Gate.Check(new Dictionary<string, GateBounds> { ["r2"] = new() { Min = -1e300 } }, Measured);
        Assert.Equal((false, "r2 is undefined for these test rows"), (verdict.Passed, verdict.Reasons[0]));
    }

    [Fact]
    public void No_thresholds_pass() => Assert.True(Gate.Check(new Dictionary<string, GateBounds>(), Measured).Passed);

    [Fact]
    public void A_misspelt_metric_is_named_with_its_nearest()
    {
        var thresholds = new Dictionary<string, GateBounds> { ["rsme"] = new() { Max = 1 } };
        var diagnostic = Assert.Single(Assert.Throws<DiagnosticException>(() => Gate.Check(thresholds, Measured)).Diagnostics);
        Assert.Equal(("MLO6030", "did you mean 'rmse'?"), (diagnostic.Code, diagnostic.Mend));
        Assert.Equal("MLO6030", Assert.Single(Gate.Validate(thresholds, ModelTask.Regression)).Code);
    }

    [Fact]
    public void Bounds_that_nothing_meets_are_refused()
    {
        var found = Gate.Validate(new Dictionary<string, GateBounds> { ["auc"] = new(), ["f1"] = new() { Min = 2, Max = 1 } }, ModelTask.Binary);
        Assert.Equal(["MLO6031", "MLO6031"], found.Select(d => d.Code));
    }

    [Theory]
    [InlineData(1f, 5f, Verdict.Pass)]
    [InlineData(5f, 5f, Verdict.Pass)]
    [InlineData(9f, 5f, Verdict.Fail)]
    public void A_champion_decides_by_the_interval_of_the_difference(float mine, float its, Verdict expected)
    {
        var verdict = Judge(Champion(), Case(Noisy(mine, 1), Noisy(its, 1)));
        Assert.Equal(expected, verdict.Outcome);
        Assert.Equal((200, expected == Verdict.Pass), (verdict.Champion[0].Rows, verdict.Reasons.Count == 0));
    }

    [Fact]
    public void Two_models_that_cannot_be_told_apart_are_inconclusive_unless_a_margin_is_allowed()
    {
        var close = Case(Noisy(5, 1), Noisy(5, 2));
        var verdict = Judge(Champion(), close);
        Assert.Equal(Verdict.Inconclusive, verdict.Outcome);
        Assert.StartsWith("rmse is not surely better than production's: gain ", Assert.Single(verdict.Reasons), StringComparison.Ordinal);
        Assert.Equal(Verdict.Pass, Judge(Champion(margin: 2), close).Outcome);
    }

    [Fact]
    public void A_slice_that_is_surely_worse_fails_though_the_whole_is_better()
    {
        float[] mine = [.. Enumerable.Range(0, 200).Select(row => row % 4 == 0 ? 7f : 0.1f)];
        var verdict = Judge(Champion(), Case(Off(mine), Off(5)) with { Options = Options with { Slices = [new() { Column = "group" }] } });
        Assert.Equal(Verdict.Fail, verdict.Outcome);
        Assert.StartsWith("rmse of group g0 is worse than production's", Assert.Single(verdict.Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void Too_few_rows_or_an_absent_champion_are_inconclusive_and_no_champion_yet_passes()
    {
        var asked = Case(Off(1), Off(5));
        Assert.Equal(Verdict.Inconclusive, Judge(Champion(), asked with { Options = Options with { MinRows = 201 } }).Outcome);
        Assert.Equal((Verdict.Inconclusive, "gone"), (Judge(Champion(), asked with { Champion = null, ChampionIsAbsent = "gone" }) is var absent ? absent.Outcome : 0, absent.Reasons[0]));
        Assert.Equal(Verdict.Pass, Judge(Champion(), asked with { Champion = null }).Outcome);
        var failed = asked with { Champion = null, ChampionIsAbsent = "gone" };
        Assert.Equal(Verdict.Fail, Judge(Champion() with { Thresholds = new Dictionary<string, GateBounds> { ["rmse"] = new() { Max = 0 } } }, failed).Outcome);
    }

    [Fact]
    public void The_baseline_must_be_beaten_surely()
    {
        var rules = new GateRules { Baseline = new() { Metric = "rmse" } };
        Assert.Equal(Verdict.Pass, Judge(rules, Case(Off(1), null) with { Baseline = Off(5) }).Outcome);
        Assert.Equal(Verdict.Fail, Judge(rules, Case(Off(5), null) with { Baseline = Off(5) }).Outcome);
        Assert.Equal(Verdict.Inconclusive, Judge(rules, Case(Noisy(5, 1), null) with { Baseline = Noisy(5, 2) }).Outcome);
        Assert.Equal(Verdict.Fail, Judge(rules, Case(Off(float.NaN), null) with { Baseline = Off(5) }).Outcome);
    }

    [Theory]
    [InlineData(20.0, 30, Verdict.Pass)]
    [InlineData(1.0, 30, Verdict.Fail)]
    [InlineData(1.0, 60, Verdict.Inconclusive)]
    public void Groups_may_lie_so_far_apart(double max, int minRows, Verdict expected)
    {
        float[] mine = [.. Enumerable.Range(0, 200).Select(row => row % 4 == 0 ? 9f : 1f)];
        var rules = new GateRules { Gaps = new Dictionary<string, Dictionary<string, GapBounds>> { ["group"] = new() { ["rmse"] = new() { Max = max } } } };
        Assert.Equal(expected, Judge(rules, Case(Off(mine), null) with { Options = Options with { MinRows = minRows } }).Outcome);
    }

    [Fact]
    public void A_gap_below_the_most_allowed_passes_only_where_its_whole_interval_is()
    {
        var asked = Case(Noisy(5, 1), null);
        var (_, _, gap) = Assert.Single(Judge(Gaps(0), asked).Gaps);
        Assert.True(gap.Interval!.Value.Low < gap.Difference && gap.Difference < gap.Interval.Value.High);
        Assert.Equal(Verdict.Pass, Judge(Gaps(gap.Interval.Value.High), asked).Outcome);
        var between = Judge(Gaps((gap.Difference!.Value + gap.Interval.Value.High) / 2), asked);
        Assert.Equal(Verdict.Inconclusive, between.Outcome);
        Assert.EndsWith("which it may exceed", Assert.Single(between.Reasons), StringComparison.Ordinal);
        Assert.Equal(Verdict.Inconclusive, Judge(Gaps((gap.Difference.Value + Math.Max(0, gap.Interval.Value.Low)) / 2), asked).Outcome);
    }

    [Fact]
    public void A_champion_that_learnt_from_the_test_rows_fails_nobody()
    {
        var worse = Case(Off(5), Off(1));
        Assert.Equal(Verdict.Fail, Judge(Champion(), worse).Outcome);
        var verdict = Judge(Champion(), worse with { ChampionLearntFrom = 12 });
        Assert.Equal(Verdict.Inconclusive, verdict.Outcome);
        Assert.EndsWith("but production's model learnt from 12 of these test rows", Assert.Single(verdict.Reasons), StringComparison.Ordinal);
        Assert.Equal(Verdict.Pass, Judge(Champion(), Case(Off(1), Off(5)) with { ChampionLearntFrom = 12 }).Outcome);
    }

    [Fact]
    public void Rules_that_ask_for_what_is_not_there_are_refused()
    {
        var rules = new GateRules
        {
            Baseline = new() { Metric = "rmes" },
            Champion = new() { Environment = "production", Metric = "rmse", Confidence = 2, Margin = -1 },
            Gaps = new Dictionary<string, Dictionary<string, GapBounds>> { ["group"] = new() { ["truePositiveRate"] = new() { Max = -1 } } },
        };
        Assert.Equal(["baseline/metric MLO6030", "champion/confidence MLO6032", "champion/margin MLO6032", "gaps/group/truePositiveRate MLO6030", "gaps/group/truePositiveRate MLO6032"],
            Gate.Validate(rules, ModelTask.Regression).Select(found => $"{string.Join('/', found.Path)} {found.Diagnostic.Code}"));
    }

    private static readonly EvaluationOptions Options = new() { Intervals = new() { Resamples = 300 } };
    private static readonly Signature Number = new(ModelTask.Regression, "y", [], []);

    private static GateVerdict Judge(GateRules rules, GateCase asked) => Gate.Judge(rules, asked, 2, default);

    private static GateRules Champion(double margin = 0) => new() { Champion = new() { Environment = "production", Metric = "rmse", Margin = margin } };

    private static GateRules Gaps(double max) => new() { Gaps = new Dictionary<string, Dictionary<string, GapBounds>> { ["group"] = new() { ["rmse"] = new() { Max = max } } } };

    /// <summary>200 rows in four groups.</summary>
    private static GateCase Case(Predictions mine, Predictions? its)
    {
        var test = Rows.Of(Rows.Numbers("y", [.. Enumerable.Range(0, 200).Select(row => (double)row)]), Rows.Texts("group", [.. Enumerable.Range(0, 200).Select(row => $"g{row % 4}")]));
        return new(Metrics.Evaluate(Number, mine, test), mine, test) { Champion = its, Options = Options };
    }

    private static Predictions Off(params float[] by) => new(Number, [.. Enumerable.Range(0, 200).Select(row => row + by[row % by.Length])]);

    /// <summary>Off by normal-like errors of about that size.</summary>
    private static Predictions Noisy(float size, int seed)
    {
        var random = new Random(seed);
        return new(Number, [.. Enumerable.Range(0, 200).Select(row => row + (size * (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5)))]);
    }
}
