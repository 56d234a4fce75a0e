using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using static MlOps.Tests.Engine.ToyWorkspace;

namespace MlOps.Tests.Engine;

public sealed class BuildEngineTests : IDisposable
{
    private readonly ToyWorkspace _workspace = new();

    public BuildEngineTests() => _workspace.Write("data.csv", "1");

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task A_step_that_is_up_to_date_is_left_alone_when_its_producer_is_restored()
    {
        _workspace.Write("data.csv", "1");
        Step[] Steps(int parameter, string code) => [Step("a", "data.csv", parameter: parameter), Step("b", "a"), Step("x", code: code), Step("y", "b x")];
        await _workspace.BuildAsync(Steps(2, "c1"));
        await _workspace.BuildAsync(Steps(3, "c1"));
        var ended = new List<string>();

        var result = await _workspace.BuildAsync(new() { Jobs = 1, Progress = happened => ended.AddRange(happened is BuildEvent.StepFinished step ? [step.Outcome.Step.Name.Value] : []) }, Steps(2, "c2"));

        Assert.Equal(["a", "x", "y"], ended);
        Assert.Equal([StepStatus.Restored, StepStatus.UpToDate, StepStatus.Ran, StepStatus.Ran], result.Steps.Select(step => step.Status));
    }

    [Fact]
    public async Task The_second_build_runs_and_writes_nothing()
    {
        var steps = new[] { Step("a", "data.csv"), Step("b", "a", facts: "size") };
        Assert.Equal("a b", await _workspace.RanAsync(steps));
        var stat = FileStat.Of(_workspace.PathOf(BuildEngine.LockName));
        var again = await _workspace.BuildAsync(steps);
        Assert.Empty(_workspace.Ran);
        Assert.True(again.WasUpToDate);
        Assert.Equal(stat, FileStat.Of(_workspace.PathOf(BuildEngine.LockName)));
        Assert.Equal("64", again.Steps[1].Result!.Facts["size"]!.ToJsonString());
        Assert.True(_workspace.Plan(steps).IsUpToDate);
    }

    [Fact]
    public async Task Only_what_depends_on_a_change_runs()
    {
        _workspace.Write("other.csv", "1");
        Step[] Steps(int parameter) => [Step("a", "data.csv"), Step("b", "a", parameter: parameter), Step("c", "b"), Step("d", "other.csv")];
        await _workspace.BuildAsync(Steps(1));
        Assert.Equal("b c", await _workspace.RanAsync(Steps(4)));
        _workspace.Write("data.csv", "2");
        Assert.Equal("a b c", await _workspace.RanAsync(Steps(4)));
        File.SetLastWriteTimeUtc(_workspace.PathOf("data.csv"), new(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal("", await _workspace.RanAsync(Steps(4)));
    }

    [Fact]
    public async Task A_step_whose_inputs_came_out_the_same_is_up_to_date()
    {
        // Parameters 2 and 3 give the same output.
        await _workspace.BuildAsync(Step("a", "data.csv", parameter: 2), Step("b", "a"), Step("c", "b"));
        var result = await _workspace.BuildAsync(Step("a", "data.csv", parameter: 3), Step("b", "a"), Step("c", "b"));
        Assert.Equal("a", string.Join(' ', _workspace.Ran));
        Assert.Equal([StepStatus.Ran, StepStatus.UpToDate, StepStatus.UpToDate], result.Steps.Select(s => s.Status));
        Assert.Equal("parameter p changed: 2 → 3", result.Steps[0].Explanation);
        Assert.True(result.LockWritten);
    }

    [Fact]
    public async Task Going_back_executes_nothing()
    {
        var first = _workspace.RanAsync(Step("a", "data.csv"), Step("b", "a"));
        await first;
        var text = _workspace.LockText;
        await _workspace.BuildAsync(Step("a", "data.csv", code: "c2"), Step("b", "a"));
        Assert.NotEqual(text, _workspace.LockText);
        var result = await _workspace.BuildAsync(Step("a", "data.csv"), Step("b", "a"));
        Assert.Empty(_workspace.Ran);
        Assert.All(result.Steps, step => Assert.Equal(StepStatus.Restored, step.Status));
        Assert.Equal(text, _workspace.LockText);
    }

    [Theory]
    [InlineData(true, false, "")]
    [InlineData(false, true, "a b")]
    [InlineData(true, true, "a b")]
    public async Task A_lost_lock_or_store_comes_back_byte_for_byte(bool loseLock, bool loseStore, string runs)
    {
        var steps = new[] { Step("a", "data.csv"), Step("b", "a", facts: "size") };
        await _workspace.BuildAsync(steps);
        var text = _workspace.LockText;
        if (loseLock)
        {
            File.Delete(_workspace.PathOf(BuildEngine.LockName));
        }

        if (loseStore)
        {
            Directory.Delete(_workspace.PathOf(".mlops"), recursive: true);
        }

        Assert.Equal(runs, await _workspace.RanAsync(steps));
        Assert.Equal(text, _workspace.LockText);
    }

    [Fact]
    public async Task Removed_steps_and_facts_leave_the_lock()
    {
        await _workspace.BuildAsync(Step("a", "data.csv", facts: ["size", "more"]), Step("b", "a"));
        var plan = _workspace.Plan(Step("a", "data.csv", facts: "size"));
        Assert.Equal("models/m/steps/b", plan.Removed.Single().ToString());
        Assert.True(plan.LockChanges);
        await _workspace.BuildAsync(Step("a", "data.csv", facts: "size"));
        Assert.Empty(_workspace.Ran);
        var text = _workspace.LockText;
        Assert.DoesNotContain("more", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"b\"", text, StringComparison.Ordinal);
        Directory.Delete(_workspace.PathOf(".mlops"), recursive: true);
        File.Delete(_workspace.PathOf(BuildEngine.LockName));
        await _workspace.BuildAsync(Step("a", "data.csv", facts: "size"));
        Assert.Equal(text, _workspace.LockText);
    }

    [Fact]
    public async Task Selected_steps_are_built_with_all_that_they_read_and_the_others_stay_in_the_lock()
    {
        var steps = new[] { Step("a", "data.csv"), Step("b", "a"), Step("c", "data.csv", code: "c9") };
        await _workspace.BuildAsync(steps);
        _workspace.Write("data.csv", "2");
        var result = await _workspace.BuildAsync(new BuildOptions { Targets = [StepName.Parse("b")] }, steps);
        Assert.Equal(["a", "b"], _workspace.Ran);
        Assert.NotNull(result.Lock.Find(new("models/m", "c")));
        Assert.Equal("c", await _workspace.RanAsync(steps));
    }

    [Fact]
    public async Task Forced_steps_run_again_and_what_follows_does_not()
    {
        var steps = new[] { Step("a", "data.csv"), Step("b", "a") };
        await _workspace.BuildAsync(steps);
        await _workspace.BuildAsync(new BuildOptions { Force = [StepName.Parse("a")] }, steps);
        Assert.Equal(["a"], _workspace.Ran);
        await _workspace.BuildAsync(new BuildOptions { ForceAll = true }, steps);
        Assert.Equal(["a", "b"], _workspace.Ran);
    }

    [Fact]
    public async Task A_step_that_gives_other_bytes_when_forced_is_called_not_reproducible()
    {
        await _workspace.BuildAsync(Step("a", "data.csv"));
        _workspace.Executor.ReadsInPlace = false;
        _workspace.Executor.Before = (context, _) => File.AppendAllText(Path.Join(context.WorkDirectory, "data.csv"), "tampered copy");
        var result = await _workspace.BuildAsync(new BuildOptions { ForceAll = true }, Step("a", "data.csv"));
        Assert.Equal("MLO3030", result.Diagnostics.Single().Code);
        Assert.True(result.Succeeded);
        Assert.Equal("1", _workspace.Read("data.csv"));
    }

    [Fact]
    public async Task What_looks_elsewhere_may_differ_and_a_lock_that_was_put_back_is_asked_again_not_overruled()
    {
        var step = Step("a", "data.csv", facts: "found") with { LooksElsewhere = true };
        await _workspace.BuildAsync(step);
        var before = _workspace.LockText;
        // The executor is told elsewhere what to find, as a gate is told by the lock.
        _workspace.Executor.ReadsInPlace = false;
        _workspace.Executor.Before = (context, _) => File.AppendAllText(Path.Join(context.WorkDirectory, "data.csv"), "another");
        var forced = await _workspace.BuildAsync(new BuildOptions { ForceAll = true }, step);
        Assert.Empty(forced.Diagnostics);
        Assert.NotEqual(before, _workspace.LockText);

        _workspace.Write(BuildEngine.LockName, before);
        _workspace.Executor.Before = null;
        await _workspace.BuildAsync(step);
        Assert.Equal(["a"], _workspace.Ran);
        Assert.Equal(before, _workspace.LockText);
        Assert.True((await _workspace.BuildAsync(step)).WasUpToDate);
    }

    [Fact]
    public async Task A_failure_is_not_kept_what_succeeded_is_and_the_lock_stays_as_it_was()
    {
        await _workspace.BuildAsync(Step("a", "data.csv"), Step("b", "a"));
        var text = _workspace.LockText;
        _workspace.Executor.Before = (context, _) =>
        {
            if (context.Step.Name.Value == "b")
            {
                throw new DiagnosticException(new Diagnostic("MLO9999", "no luck"));
            }
        };
        var steps = new[] { Step("a", "data.csv", parameter: 8), Step("b", "a"), Step("c", "b") };
        var result = await _workspace.BuildAsync(steps);
        Assert.Equal([StepStatus.Ran, StepStatus.Failed, StepStatus.Skipped], result.Steps.Select(s => s.Status));
        Assert.Equal("has no result of b", result.Steps[2].Explanation);
        Assert.False(result.Succeeded);
        Assert.Equal(text, _workspace.LockText);
        _workspace.Executor.Before = null;
        Assert.Equal("b c", await _workspace.RanAsync(steps));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public async Task Keep_going_runs_what_does_not_depend_on_the_failure(bool keepGoing, int ran)
    {
        _workspace.Executor.Before = (context, _) =>
        {
            if (context.Step.Name.Value == "a")
            {
                throw new DiagnosticException(new Diagnostic("MLO9999", "no luck"));
            }
        };
        await _workspace.BuildAsync(new BuildOptions { KeepGoing = keepGoing, Jobs = 1 }, Step("a", "data.csv"), Step("b", "data.csv"));
        Assert.Equal(ran, _workspace.Ran.Count);
    }

    [Fact]
    public async Task An_input_edited_while_its_step_runs_spoils_the_result()
    {
        _workspace.Executor.Before = (_, _) => _workspace.Write("data.csv", "edited");
        var result = await _workspace.BuildAsync(Step("a", "data.csv"));
        Assert.Equal("MLO3013", result.Diagnostics.Single().Code);
        Assert.False(Directory.Exists(_workspace.PathOf(".mlops/store/records")));
        _workspace.Executor.Before = null;
        Assert.Equal("a", await _workspace.RanAsync(Step("a", "data.csv")));
    }

    [Fact]
    public async Task An_input_edited_and_put_back_while_its_step_runs_spoils_the_result()
    {
        _workspace.Executor.Before = (_, _) =>
        {
            _workspace.Write("data.csv", "edited");
            _workspace.Write("data.csv", "1");
        };
        var result = await _workspace.BuildAsync(Step("a", "data.csv"));
        Assert.Equal("MLO3013", result.Diagnostics.Single().Code);
    }

    [Theory]
    [InlineData("outputs")]
    [InlineData("facts")]
    public async Task A_lock_edited_by_hand_is_set_right_by_what_the_store_remembers(string what)
    {
        var steps = new[] { Step("a", "data.csv", facts: "size"), Step("b", "a") };
        var first = await _workspace.BuildAsync(steps);
        var text = _workspace.LockText;
        string Hex(int step) => first.Steps[step].Result!.Outputs["out"].Hex;
        _workspace.Write(BuildEngine.LockName, what == "outputs" ? text.Replace(Hex(0), Hex(1), StringComparison.Ordinal) : text.Replace("\"size\": 64", "\"size\": 1", StringComparison.Ordinal));
        Assert.NotEqual(text, _workspace.LockText);
        var result = await _workspace.BuildAsync(steps);
        Assert.Equal(StaleReason.LockContradicted, result.Steps[0].Reason);
        Assert.Empty(_workspace.Ran);
        Assert.Equal(text, _workspace.LockText);
        Assert.True((await _workspace.BuildAsync(steps)).WasUpToDate);
    }

    [Fact]
    public async Task A_lock_in_which_a_key_stands_twice_is_told()
    {
        await _workspace.BuildAsync(Step("a", "data.csv", facts: "size"));
        _workspace.Write(BuildEngine.LockName, _workspace.LockText.Replace("\"size\": 64", "\"size\": { \"x\": 1, \"x\": 2 }", StringComparison.Ordinal));
        var thrown = await Assert.ThrowsAsync<DiagnosticException>(() => _workspace.BuildAsync(Step("a", "data.csv", facts: "size")));
        Assert.Equal("MLO3020", thrown.Diagnostics.Single().Code);
    }

    [Fact]
    public async Task A_damaged_object_is_not_checked_out_but_built_again()
    {
        Step Shown() => Step("a", "data.csv") with
        {
            CheckedOut = System.Collections.Immutable.ImmutableSortedDictionary<string, WorkspacePath>.Empty.Add("out", WorkspacePath.Parse("m/out")),
        };
        var result = await _workspace.BuildAsync(Shown());
        var shown = _workspace.Read(".mlops/out/m/out");
        var path = _workspace.Engine().Store.PathOf(result.Steps[0].Result!.Outputs["out"]);
        File.Delete(path);
        await File.WriteAllTextAsync(path, "damaged");
        _workspace.Write(".mlops/out/m/out", "old");
        Assert.Equal("a", await _workspace.RanAsync(Shown()));
        Assert.Equal(shown, _workspace.Read(".mlops/out/m/out"));
    }

    [Fact]
    public async Task A_step_waits_for_all_that_it_reads_from_though_some_is_only_restored()
    {
        await _workspace.BuildAsync(Step("a", "data.csv"));
        File.Delete(_workspace.PathOf(BuildEngine.LockName));
        _workspace.Executor.Before = (context, _) =>
        {
            if (context.Step.Name.Value == "b")
            {
                throw new DiagnosticException(new Diagnostic("MLO9999", "no luck"));
            }
        };
        var steps = new[] { Step("a", "data.csv"), Step("b", "a"), Step("c", "a b") };
        var result = await _workspace.BuildAsync(new BuildOptions { Jobs = 1, KeepGoing = true }, steps);
        Assert.Equal([StepStatus.Restored, StepStatus.Failed, StepStatus.Skipped], result.Steps.Select(s => s.Status));
        _workspace.Executor.Before = null;
        Assert.Equal("b c", await _workspace.RanAsync(steps));
    }

    [Fact]
    public async Task A_missing_output_is_a_failure()
    {
        var result = await _workspace.BuildAsync(Step("a", "data.csv") with { Outputs = ["out", "never"] });
        Assert.Equal("MLO3012", result.Diagnostics.Single().Code);
        Assert.Null(result.Steps[0].Result);
    }

    [Fact]
    public async Task Steps_see_private_copies()
    {
        _workspace.Executor.ReadsInPlace = false;
        _workspace.Executor.Before = (context, _) =>
        {
            if (context.Step.Name.Value == "b")
            {
                var input = context.InputPath("a");
                if (!OperatingSystem.IsWindows())
                {
                    File.SetUnixFileMode(input, UnixFileMode.UserWrite | UnixFileMode.UserRead);
                }

                File.AppendAllText(input, "!");
            }
        };
        var result = await _workspace.BuildAsync(Step("a", "data.csv"), Step("b", "a"));
        Assert.Empty(result.Diagnostics);
        _workspace.Executor.Before = null;
        Assert.Equal("", await _workspace.RanAsync(Step("a", "data.csv"), Step("b", "a")));
    }

    [Fact]
    public async Task A_damaged_object_is_built_again_before_it_is_read()
    {
        var result = await _workspace.BuildAsync(Step("a", "data.csv"), Step("b", "a"));
        var path = _workspace.Engine().Store.PathOf(result.Steps[0].Result!.Outputs["out"]);
        File.Delete(path);
        await File.WriteAllTextAsync(path, "damaged");
        Assert.Equal("a b", await _workspace.RanAsync(Step("a", "data.csv"), Step("b", "a", code: "c2")));
    }

    [Fact]
    public async Task A_missing_input_file_is_told_for_all_steps_at_once()
    {
        var thrown = await Assert.ThrowsAsync<DiagnosticException>(() => _workspace.BuildAsync(Step("a", "x.csv"), Step("b", "a y.csv")));
        Assert.Equal(["MLO3005", "MLO3005"], thrown.Diagnostics.Select(d => d.Code));
        Assert.False(Directory.Exists(_workspace.PathOf(".mlops/store")));
    }

    [Fact]
    public async Task The_lock_has_the_same_bytes_whatever_the_order_and_the_threads()
    {
        var steps = Enumerable.Range(0, 30).Select(i => Step($"s{i}", i < 3 ? "data.csv" : $"s{i - 1} s{i / 2}", facts: i % 3 == 0 ? [$"f{i}"] : [])).ToArray();
        await _workspace.BuildAsync(new BuildOptions { Jobs = 1 }, steps);
        var text = _workspace.LockText;
        using var other = new ToyWorkspace();
        other.Write("data.csv", "1");
        Array.Reverse(steps);
        await other.BuildAsync(new BuildOptions { Jobs = 8 }, steps);
        Assert.Equal(text, other.LockText);
    }

    [Fact]
    public async Task Cancelling_keeps_what_had_finished_and_publishes_nothing_else()
    {
        using var cancel = new CancellationTokenSource();
        _workspace.Executor.Before = (context, token) =>
        {
            if (context.Step.Name.Value == "b")
            {
                cancel.Cancel();
                token.ThrowIfCancellationRequested();
            }
        };
        var steps = new[] { Step("a", "data.csv"), Step("b", "a"), Step("c", "b") };
        var result = await _workspace.Engine().BuildAsync(StepGraph.Create(steps), new() { Jobs = 2 }, cancel.Token);
        Assert.True(result.Cancelled);
        Assert.Equal([StepStatus.Ran, StepStatus.Skipped, StepStatus.Skipped], result.Steps.Select(s => s.Status));
        Assert.Equal(["cancelled", "has no result of b"], result.Steps.Skip(1).Select(s => s.Explanation));
        _workspace.Executor.Before = null;
        Assert.Equal("b c", await _workspace.RanAsync(steps));
    }

    [Fact]
    public async Task A_second_build_waits_for_the_first()
    {
        using var entered = new SemaphoreSlim(0);
        using var proceed = new SemaphoreSlim(0);
        using var waited = new SemaphoreSlim(0);
        _workspace.Executor.Before = (_, _) =>
        {
            entered.Release();
            proceed.Wait(CancellationToken.None);
        };
        var graph = StepGraph.Create([Step("a", "data.csv")]);
        var first = Task.Run(() => _workspace.Engine().BuildAsync(graph));
        await entered.WaitAsync();
        var second = Task.Run(() => _workspace.Engine().BuildAsync(graph, new()
        {
            Progress = e => _ = e is BuildEvent.Waiting ? waited.Release() : 0,
        }));
        await waited.WaitAsync();
        proceed.Release();
        Assert.Equal(StepStatus.Ran, (await first).Steps.Single().Status);
        Assert.Equal(StepStatus.UpToDate, (await second).Steps.Single().Status);
        Assert.Single(_workspace.Ran);
    }

    [Fact]
    public async Task A_bug_in_an_executor_surfaces_as_what_it_is()
    {
        _workspace.Executor.Before = (_, _) => throw new InvalidTimeZoneException("bug");
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => _workspace.BuildAsync(Step("a", "data.csv")));
        Assert.False(File.Exists(_workspace.PathOf(BuildEngine.LockName)));
    }

    [Fact]
    public async Task What_a_killed_build_left_behind_is_swept_away()
    {
        _workspace.Write(".mlops/sandbox/1/half", "x");
        await _workspace.BuildAsync(Step("a", "data.csv"));
        Assert.Empty(Directory.GetFileSystemEntries(_workspace.PathOf(".mlops/sandbox")));
    }

    [Fact]
    public async Task A_build_leaves_the_answer_to_the_next_and_it_is_forgotten_when_something_changes()
    {
        var graph = StepGraph.Create([Step("a", "data.csv")]);
        var mirror = new BuildMirror(_workspace.Root);
        await _workspace.Engine().BuildAsync(graph, new() { Mirror = mirror });
        mirror.Save("Train", "table"u8);
        Assert.NotNull(BuildMirror.TryAnswer(_workspace.Root, "Train"));

        _workspace.Write("data.csv", "2");
        Assert.Null(BuildMirror.TryAnswer(_workspace.Root, "Train"));
    }
}
