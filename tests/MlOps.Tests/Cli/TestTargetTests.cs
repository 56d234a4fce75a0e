using MlOps.Cli;

namespace MlOps.Tests.Cli;

public sealed class TestTargetTests
{
    private static readonly TestResult Passed = new("a", TestOutcome.Passed, "");
    private static readonly TestResult Failed = new("b", TestOutcome.Failed, "expected 1\nwas 2");
    private static readonly TestResult WithoutData = new("c", TestOutcome.Skipped, TestTarget.RealDataAbsent + "adult");
    private static readonly TestResult WithoutDocker = new("d", TestOutcome.Skipped, "no docker here");

    [Fact]
    public void The_last_line_is_plain()
    {
        var (exit, lines) = SumUp(strict: false, Passed, Passed, Failed, WithoutDocker);
        Assert.Equal("2 passed, 1 failed, 1 skipped", lines[^1]);
        Assert.Equal(1, exit);
    }

    [Fact]
    public void A_failure_is_listed_with_its_message() =>
        Assert.Equal(["FAILED b", "  expected 1", "  was 2", "0 passed, 1 failed, 0 skipped"], SumUp(strict: false, Failed).Lines);

    [Fact]
    public void A_skipped_test_is_listed_under_its_reason() =>
        Assert.Equal(["skipped (no docker here):", "  d", "1 passed, 0 failed, 1 skipped"], SumUp(strict: false, WithoutDocker, Passed).Lines);

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public void Only_CI_refuses_other_reasons(bool strict, int exit) => Assert.Equal(exit, SumUp(strict, Passed, WithoutDocker).Exit);

    [Fact]
    public void CI_lets_absent_real_data_pass() => Assert.Equal(0, SumUp(strict: true, Passed, WithoutData).Exit);

    [Fact]
    public void CI_lets_what_only_a_full_run_does_pass() => Assert.Equal(0, SumUp(strict: true, Passed, new TestResult("e", TestOutcome.Skipped, TestTarget.OnlyWithAll + "it takes minutes")).Exit);

    [Fact]
    public void A_run_without_a_test_fails() => Assert.Equal(1, SumUp(strict: false).Exit);

    [Fact]
    public void The_tests_and_the_target_agree_on_the_reason() => Assert.Equal(TestTarget.RealDataAbsent, RealData.Absent);

    private static (int Exit, string[] Lines) SumUp(bool strict, params TestResult[] results)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var exit = TestTarget.SumUp(results, output, strict);
        return (exit, output.ToString().TrimEnd('\n').Split('\n'));
    }
}
