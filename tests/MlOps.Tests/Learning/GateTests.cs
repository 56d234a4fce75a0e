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
}
