using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Tests.Engine;

/// <summary>How programs run and end: one after another, in time, again, watched.</summary>
public sealed partial class RunStepTests
{
    [SkippableFact]
    public async Task Commands_run_one_after_another_until_one_fails()
    {
        OnLinux();
        var step = Run("both", "echo 1 > a", [], ["b"]) with { Then = [["sh", "-c", "cat a a > b"]] };
        Assert.Equal(StepStatus.Ran, (await BuildAsync(step)).Steps.Single().Status);
        Assert.Equal("1\n1\n", _workspace.Read(".mlops/out/b"));
        Assert.Equal("""[["sh","-c","echo 1 > a"],["sh","-c","cat a a > b"]]""", CanonicalJson.Compact(Lock(step)["parameters"]!["run"]));

        var failed = await BuildAsync(step with { Then = [["sh", "-c", "exit 4"], ["sh", "-c", $"touch {_workspace.PathOf("reached")}"]] });
        Assert.Contains("exited with 4", failed.Diagnostics.Single(d => d.Severity == Severity.Error).Why, StringComparison.Ordinal);
        Assert.False(File.Exists(_workspace.PathOf("reached")));
    }

    [SkippableFact]
    public async Task A_program_that_takes_too_long_is_ended_with_all_that_it_started()
    {
        OnLinux();
        var pidFile = _workspace.PathOf("pid");
        var result = await BuildAsync(Run("slow", $"sleep 600 & echo $! > {pidFile}; echo waiting; wait", [], ["x"]) with { Settings = new() { Timeout = TimeSpan.FromSeconds(1) } });
        var problem = result.Diagnostics.Single();
        Assert.Equal("MLO3041", problem.Code);
        Assert.Contains("still ran after 1 s", problem.Why, StringComparison.Ordinal);
        Assert.Contains("waiting", problem.Why, StringComparison.Ordinal);
        AssertEnded(pidFile);
    }

    [SkippableTheory]
    [InlineData("setsid sleep 600 & echo $! > PID; echo 1 > x")]
    [InlineData("setsid sh -c 'echo $$ > PID; exec sleep 600 > /dev/null 2>&1' & while [ ! -s PID ]; do :; done; echo 1 > x")]
    [InlineData("(setsid sh -c '(sleep 600 > /dev/null 2>&1 & echo $! > PID)' &) ; while [ ! -s PID ]; do :; done; echo 1 > x")]
    [InlineData("(cd /; setsid sleep 600 > /dev/null 2>&1 & echo $! > PID); echo 1 > x")]
    [InlineData("sleep 600 & echo $! > PID; echo 1 > x")]
    public async Task Nothing_that_a_program_started_outlives_it(string script)
    {
        OnLinux();
        var pidFile = _workspace.PathOf("pid");
        Assert.True((await BuildAsync(Run("lingers", script.Replace("PID", pidFile, StringComparison.Ordinal), [], ["x"]))).Succeeded);
        AssertEnded(pidFile);
    }

    [SkippableFact]
    public async Task A_program_is_tried_again_in_a_fresh_sandbox_as_often_as_declared()
    {
        OnLinux();
        var count = _workspace.PathOf("count");
        var script = $"echo x >> {count}; test ! -e left || exit 9; touch left; test $(wc -l < {count}) -ge 3 && echo ok > o";
        var result = await BuildAsync(Run("flaky", script, [], ["o"]) with { Settings = new() { Retries = 2 } });
        Assert.True(result.Succeeded, string.Join('\n', result.Diagnostics));
        Assert.Contains(result.Diagnostics, d => d is { Code: "MLO3043", Severity: Severity.Warning } && d.What.Contains("3 attempts", StringComparison.Ordinal));

        File.Delete(count);
        Assert.Equal("MLO3010", (await BuildAsync(Run("flaky", script + " ", [], ["o"]) with { Settings = new() { Retries = 1 } })).Diagnostics.Single().Code);
        Assert.Equal(2, (await File.ReadAllLinesAsync(count)).Length);
    }

    [SkippableTheory]
    [InlineData("cat ROOT/secret.txt > o", "secret.txt")]
    [InlineData("cat ../../../secret.txt > o", "secret.txt")]
    [InlineData("ln -s ROOT/secret.txt l; cat l > o; rm l", "secret.txt")]
    [InlineData("sh -c 'setsid cat ROOT/deep/more.txt' > o", "deep/more.txt")]
    [InlineData("echo 1 > o; sh ROOT/deep/run.sh", "deep/run.sh")]
    [InlineData("cat ROOT/secret.txt ROOT/deep/more.txt > o; exit 3", "deep/more.txt, secret.txt")]
    [InlineData("cat in.txt ROOT/in.txt ROOT/dir/x.csv /etc/passwd > o; ls ROOT > /dev/null; cat ROOT/missing; true", null)]
    public async Task Undeclared_files_of_the_workspace_fail_a_watched_step(string script, string? named)
    {
        OnLinux();
        foreach (var file in new[] { "in.txt", "secret.txt", "deep/more.txt", "deep/run.sh", "dir/x.csv" })
        {
            _workspace.Write(file, "true");
        }

        var step = Run("s", script.Replace("ROOT", _workspace.Root, StringComparison.Ordinal), ["in.txt", "dir/*.csv"], ["o"]);
        var result = await _workspace.Engine().BuildAsync(Graph(step), new() { VerifyReads = true });
        SkipWhereNothingMayBeTraced(result);
        var problem = result.Diagnostics.SingleOrDefault(d => d.Severity == Severity.Error);
        Assert.Equal((named is null ? null : "MLO3047", named), (problem?.Code, problem?.Why));
    }

    [SkippableFact]
    public async Task A_watched_program_ends_as_it_would_unwatched()
    {
        OnLinux();
        using var elsewhere = new ToyWorkspace();
        var pidFile = elsewhere.PathOf("pid");
        var steps = new[]
        {
            Run("fails", "echo words; exit 3", [], ["a"]),
            Run("killed", "kill -9 $$", [], ["b"]),
            Run("slow", "echo; sleep 600", [], ["c"]) with { Settings = new() { Timeout = TimeSpan.FromSeconds(1) } },
            Run("lingers", $"setsid sleep 600 > /dev/null 2>&1 & echo $! > {pidFile}; while [ ! -s {pidFile} ]; do :; done; echo 1 > d", [], ["d"]),
            Run("missing", "", [], ["e"]) with { Run = ["no-such-program-here"] },
            Run("pipes", "seq 1000 | sort -n | tail -1 > f", [], ["f"]),
        };
        var result = await _workspace.Engine().BuildAsync(Graph(steps), new() { VerifyReads = true, KeepGoing = true, Jobs = 3 });
        SkipWhereNothingMayBeTraced(result);
        Assert.Equal(["MLO3010", "MLO3010", "", "MLO3011", "", "MLO3041"], result.Steps.Select(step => step.Diagnostics.FirstOrDefault()?.Code ?? ""));
        Assert.Contains("exited with 3\n           words", result.Steps[0].Diagnostics[0].Why, StringComparison.Ordinal);
        Assert.Contains("signal 9", result.Steps[1].Diagnostics[0].Why, StringComparison.Ordinal);
        Assert.Equal("1000\n", _workspace.Read(".mlops/out/f"));
        AssertEnded(pidFile);
    }

    private static void AssertEnded(string pidFile)
    {
        var pid = File.ReadAllText(pidFile).Trim();
        Assert.NotEmpty(pid);
        try
        {
            Assert.Contains(") Z", File.ReadAllText($"/proc/{pid}/stat"), StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // As it should be.
        }
    }

    private static void SkipWhereNothingMayBeTraced(BuildResult result) =>
        Skip.If(result.Diagnostics.Any(d => d.Code == "MLO3049"), "this machine lets no process trace another");
}
