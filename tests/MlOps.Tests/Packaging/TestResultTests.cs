using MlOps.Content;
using MlOps.Packaging;

namespace MlOps.Tests.Packaging;

public sealed class TestResultTests
{
    [Theory]
    [InlineData(GateResult.Passed, "PASSED")]
    [InlineData(GateResult.Warned, "WARNED")]
    [InlineData(GateResult.Failed, "FAILED")]
    public void What_is_written_is_read_back(GateResult result, string word)
    {
        var statement = new TestResult { Result = result, Configuration = [new("gate", Digest.Of("gate"))], Passed = ["rmse max 60"], Warned = ["champion"], Failed = ["r2 min 0.9"] }.About(Attestation.Package);
        Assert.Equal(word, statement.Predicate.GetProperty("result").GetString());
        Assert.True(TestResult.TryRead(statement, out var read, out _));
        Assert.Equal((result, "gate", "rmse max 60", "champion", "r2 min 0.9"), (read.Result, read.Configuration.Single().Name, read.Passed.Single(), read.Warned.Single(), read.Failed.Single()));
    }

    [Theory]
    [InlineData("""{"result":"passed","configuration":[]}""")]
    [InlineData("""{"result":"PASSED"}""")]
    [InlineData("""{"result":"PASSED","configuration":[null]}""")]
    [InlineData("""{"result":"PASSED","configuration":[{"name":"x"}]}""")]
    [InlineData("""{"result":"PASSED","configuration":[],"passedTests":"x"}""")]
    public void Something_else_is_refused_with_the_reason(string predicate)
    {
        Assert.False(TestResult.TryRead(new([Attestation.Package], PredicateTypes.TestResult, Attestation.Json(predicate)), out _, out var why));
        Assert.NotEmpty(why);
    }
}
