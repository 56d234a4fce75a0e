using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Runs;

namespace MlOps.Tests.Pipelines;

public sealed class RunLogTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("mlops-runs-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_step_takes_the_median_of_its_last_runs_scaled_by_what_it_reads()
    {
        RunLog.Append(_root, [Entry("steps/a", 1, 100), Entry("steps/a", 9, 100), Entry("steps/a", 2, 100)]);
        RunLog.Append(_root, [Entry("steps/a", 0, 100) with { Status = StepStatus.Restored }]);

        Assert.Equal(2, Forecast(100).Of(Plan("steps/a")));
        Assert.Equal(4, Forecast(200).Of(Plan("steps/a")));
        Assert.Equal(8, Forecast(100_000).Of(Plan("steps/a")));
        Assert.Equal(2, Forecast(null).Of(Plan("steps/a")));
    }

    [Fact]
    public void A_new_instance_takes_what_the_others_took_and_what_never_ran_is_unknown()
    {
        RunLog.Append(_root, [Entry("steps/a@north", 3, null), Entry("steps/a@south", 5, null)]);

        Assert.Equal(4, Forecast(null).Of(Plan("steps/a@west")));
        Assert.Null(Forecast(null).Of(Plan("steps/b")));
        Assert.Equal(0, Forecast(null).Of(Plan("steps/a@north", PlannedAction.Restore)));
    }

    [Fact]
    public void What_a_quick_build_adds_reads_as_what_the_whole_build_adds()
    {
        var fingerprint = Digest.Of("some");
        const string Odd = "input a\"b\\c\td → é.csv changed";
        RunLog.AppendQuick(_root, [new("steps/a", StepStatus.Ran, 1.2345, Odd, fingerprint) { InputBytes = 7 }, new("steps/b", StepStatus.UpToDate, 0, "", fingerprint)]);

        Assert.Equal([new("steps/a", StepStatus.Ran, 1.234, 7, Odd, fingerprint.Hex)], RunLog.Read(_root).Of("steps/a"));
        Assert.Equal([new("steps/b", StepStatus.UpToDate, 0, null, "", fingerprint.Hex)], RunLog.Read(_root).Of("steps/b"));
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 7)]
    [InlineData(9, 6)]
    public void In_all_it_takes_the_longest_way_that_the_jobs_allow(int jobs, double seconds)
    {
        RunLog.Append(_root, [Entry("steps/a", 1, null), Entry("steps/b", 2, null), Entry("steps/c", 2, null), Entry("steps/d", 5, null)]);

        var total = Forecast(null).Total([Plan("steps/a"), Plan("steps/b"), Plan("steps/c"), Plan("steps/d", PlannedAction.Await, "steps/a"), Plan("steps/e")], jobs);

        Assert.Equal((seconds, 1), total);
    }

    [Fact]
    public void A_damaged_or_torn_log_costs_its_damaged_lines_alone()
    {
        RunLog.Append(_root, [Entry("steps/a", 1, 1)]);
        File.AppendAllText(Path.Combine(_root, ".mlops", "runs"), "{\"step\":\"steps/a\",\"sec");
        RunLog.Append(_root, [Entry("steps/a", 3, 1)]);
        File.AppendAllText(Path.Combine(_root, ".mlops", "runs"), "[]\nnull\n{\"seconds\":-1}\n\0\0\n");

        Assert.Equal([1, 3], RunLog.Read(_root).Of("steps/a").Select(run => run.Seconds));
    }

    [Fact]
    public void The_log_keeps_the_last_runs_of_a_step_and_what_happened_last()
    {
        RunLog.Append(_root, [.. Enumerable.Range(1, 9).Select(i => Entry("steps/a", i, 1)), Entry("steps/a", 0, 1) with { Status = StepStatus.UpToDate }]);

        Assert.Equal([6, 7, 8, 9, 0], RunLog.Read(_root).Of("steps/a").Select(run => run.Seconds));
    }

    private Forecast Forecast(long? bytes) => new(RunLog.Read(_root), (_, _) => bytes);

    private static RunEntry Entry(string step, double seconds, long? bytes) => new(step, StepStatus.Ran, seconds, bytes, "", null);

    private static PlannedStep Plan(string name, PlannedAction action = PlannedAction.Run, string? after = null)
    {
        var step = new Step { Name = StepName.Parse(name), Action = "toy", Address = new("", name["steps/".Length..]) };
        step = after is null ? step : step with { Inputs = step.Inputs.Add("in", new OutputInput(StepName.Parse(after), "out")) };
        return new(step, action, StaleReason.NeverBuilt, [], []);
    }
}
