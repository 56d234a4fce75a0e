using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Tests.Engine;

/// <summary>When a step runs at all: frozen, always, and what is no part of its fingerprint.</summary>
public sealed partial class RunStepTests
{
    [SkippableFact]
    public async Task One_command_stands_in_the_lock_as_it_always_did()
    {
        OnLinux();
        var step = Run("one", "echo 1 > a", [], ["a"]);
        await BuildAsync(step);
        Assert.Equal(["fingerprint", "outputs", "parameters"], Lock(step).AsObject().Select(member => member.Key));
        Assert.Equal("""{"run":["sh","-c","echo 1 > a"]}""", CanonicalJson.Compact(Lock(step)["parameters"]));
    }

    [SkippableFact]
    public async Task How_a_program_is_run_is_no_part_of_the_fingerprint()
    {
        OnLinux();
        var step = Run("s", "echo 1 > o", [], ["o"]);
        await BuildAsync(step);
        Assert.True((await BuildAsync(step with { Frozen = true })).WasUpToDate);
        Assert.True((await BuildAsync(step with { Settings = new() { Retries = 3, Timeout = TimeSpan.FromHours(1), Pass = ["SECRET"] } })).WasUpToDate);
        Assert.Equal(Lock(step)["fingerprint"]!.ToString(), (await BuildAsync(step with { Always = true })).Steps.Single().Fingerprint.ToString());
    }

    [SkippableFact]
    public async Task A_frozen_step_stays_as_the_lock_has_it_until_it_is_forced_by_name()
    {
        OnLinux();
        _workspace.Write("in.txt", "1");
        var step = Run("s", "cat in.txt > o", ["in.txt"], ["o"]) with { Frozen = true };
        Assert.Equal(StaleReason.NeverBuilt, (await BuildAsync(step)).Steps.Single().Reason);
        var before = _workspace.LockText;
        _workspace.Write("in.txt", "2");
        var kept = await BuildAsync(step);
        Assert.Equal((true, StaleReason.Frozen), (kept.WasUpToDate, kept.Steps.Single().Reason));
        Assert.True((await _workspace.Engine().BuildAsync(Graph(step), new() { ForceAll = true })).WasUpToDate);
        Assert.True((await BuildAsync(step, Run("other", "cat o > p", ["o"], ["p"]))).Succeeded);
        Assert.Equal("1", _workspace.Read(".mlops/out/p"));
        Assert.Contains(Lock(step)["fingerprint"]!.ToString(), before, StringComparison.Ordinal);

        File.Delete(_workspace.Engine().Store.PathOf(Digest.Of("1")));
        Assert.Equal("MLO3045", (await Assert.ThrowsAsync<DiagnosticException>(() => BuildAsync(step))).Diagnostics.Single().Code);
        var forced = await _workspace.Engine().BuildAsync(Graph(step), new() { Force = [step.Name] });
        Assert.Equal(StepStatus.Ran, forced.Steps.Single().Status);
        Assert.Equal("2", _workspace.Read(".mlops/out/o"));
    }

    [SkippableFact]
    public async Task A_frozen_step_is_not_looked_at_again_when_what_it_reads_was_made_anew()
    {
        OnLinux();
        _workspace.Write("in.txt", "1");
        var steps = new[] { Run("make", "cat in.txt > m", ["in.txt"], ["m"]), Run("keep", "cat m > k", ["m"], ["k"]) with { Frozen = true } };
        await BuildAsync(steps);
        _workspace.Write("in.txt", "2");
        var ended = new List<string>();
        var result = await _workspace.Engine().BuildAsync(Graph(steps), new() { Progress = happened => ended.AddRange(happened is BuildEvent.StepFinished finished ? [finished.Outcome.Step.Name.Value] : []) });
        Assert.Equal([StepStatus.UpToDate, StepStatus.Ran], result.Steps.OrderBy(step => step.Step.Name).Select(step => step.Status));
        Assert.Equal(["steps/make"], ended);
    }

    [SkippableFact]
    public async Task A_step_that_always_runs_starts_others_only_if_it_makes_other_bytes()
    {
        OnLinux();
        _workspace.Write("outside", "1");
        var steps = new[]
        {
            Run("fetch", $"cat {_workspace.PathOf("outside")} > f", [], ["f"]) with { Always = true },
            Run("use", "cat f > u", ["f"], ["u"]),
        };
        await BuildAsync(steps);
        var same = await BuildAsync(steps);
        Assert.Equal([StepStatus.Ran, StepStatus.UpToDate], same.Steps.Select(step => step.Status));
        Assert.Equal((StaleReason.Always, false), (same.Steps[0].Reason, same.LockWritten));
        _workspace.Write("outside", "2");
        var other = await BuildAsync(steps);
        Assert.Equal([StepStatus.Ran, StepStatus.Ran], other.Steps.Select(step => step.Status));
        Assert.Empty(other.Diagnostics);
        Assert.Equal("2", _workspace.Read(".mlops/out/u"));
    }

    [Fact]
    public void Bad_settings_are_told_at_once()
    {
        var good = Run("s", "", [], ["o"]);
        var problems = Assert.Throws<DiagnosticException>(() => RunDeclaration.ToSteps(
        [
            good with { Key = "a", Env = ["1X"] },
            good with { Key = "b", Env = ["X=1"], Settings = new() { Pass = ["X"] } },
            good with { Key = "c", Settings = new() { Retries = 11 } },
            good with { Key = "d", Directory = "../up" },
            good with { Key = "e", Metrics = ["m.txt"] },
            good with { Key = "f", Writes = ["*.csv"] },
            good with { Key = "g", Toolchain = new() { Probes = [["x"], ["x"]] } },
            good with { Key = "h", Then = [[]] },
            good with { Key = "i", Settings = new() { Pass = ["A=1"] } },
        ])).Diagnostics;
        Assert.Equal(["a", "b", "c", "d", "e", "f", "g", "h", "i"], problems.Select(problem => problem.What.Split('\'')[1]));
        Assert.All(problems, problem => Assert.Equal("MLO3006", problem.Code));
    }

    private JsonNode Lock(RunDeclaration step) => JsonNode.Parse(_workspace.LockText)!["steps"]![step.Key]!;
}
