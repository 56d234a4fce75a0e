using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Tests.Engine;

/// <summary>All that a run step may declare.</summary>
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
    public async Task One_command_stands_in_the_lock_as_it_always_did()
    {
        OnLinux();
        var step = Run("one", "echo 1 > a", [], ["a"]);
        await BuildAsync(step);
        Assert.Equal(["fingerprint", "outputs", "parameters"], Lock(step).AsObject().Select(member => member.Key));
        Assert.Equal("""{"run":["sh","-c","echo 1 > a"]}""", CanonicalJson.Compact(Lock(step)["parameters"]));
    }

    [SkippableFact]
    public async Task A_pattern_places_what_it_matches_and_a_new_match_makes_the_step_stale()
    {
        OnLinux();
        _workspace.Write("data/a.csv", "a");
        _workspace.Write("data/deep/er/b.csv", "b");
        _workspace.Write("data/c.txt", "no");
        _workspace.Write("data/.hidden/d.csv", "no");
        var step = Run("list", "find data -type f | sort > out.txt", ["data/**/*.csv"], ["out.txt"]);
        await BuildAsync(step);
        Assert.Equal("data/a.csv\ndata/deep/er/b.csv\n", _workspace.Read(".mlops/out/out.txt"));
        Assert.True((await BuildAsync(step)).WasUpToDate);

        _workspace.Write("data/deep/n.csv", "n");
        var again = (await BuildAsync(step)).Steps.Single();
        Assert.Equal((StepStatus.Ran, StaleReason.InputChanged), (again.Status, again.Reason));
        Assert.Equal("data/a.csv\ndata/deep/er/b.csv\ndata/deep/n.csv\n", _workspace.Read(".mlops/out/out.txt"));
        Assert.Single(Lock(step)["inputs"]!.AsObject());
    }

    [Fact]
    public void The_folders_that_a_pattern_looked_into_are_observed()
    {
        _workspace.Write("data/deep/a.csv", "a");
        var seen = new RememberedAnswer(_workspace.Root);
        _workspace.Write("other.txt", "x");
        seen.Answer(mirror => _workspace.Engine().Plan(Graph(Run("s", "", ["data/**/*.csv"], ["o"])), new() { Mirror = mirror }));
        Assert.True(seen.Holds);
        _workspace.Write("data/deep/b.txt", "even what does not match: the folder's stat is what is known of it");
        Assert.False(seen.Holds);
    }

    [Fact]
    public void A_variable_that_a_fingerprint_covers_is_observed()
    {
        Environment.SetEnvironmentVariable("MLOPS_TEST_OBSERVED", "1");
        var seen = new RememberedAnswer(_workspace.Root);
        seen.Answer(mirror => mirror.ObserveVariable("MLOPS_TEST_OBSERVED"));
        Assert.True(seen.Holds);
        Environment.SetEnvironmentVariable("MLOPS_TEST_OBSERVED", "2");
        Assert.False(seen.Holds);
        Environment.SetEnvironmentVariable("MLOPS_TEST_OBSERVED", null);
        Assert.False(seen.Holds);
        Environment.SetEnvironmentVariable("MLOPS_TEST_OBSERVED", "1");
        Assert.True(seen.Holds);
    }

    [Theory]
    [InlineData("daten/*.csv", "there is no folder 'daten'; the workspace holds data", "did you mean 'data'?")]
    [InlineData("data/*.tsv", "'data' holds raw.csv", "change the pattern, or bring the files")]
    public void A_pattern_that_matches_nothing_is_told_with_what_is_there(string pattern, string why, string mend)
    {
        _workspace.Write("data/raw.csv", "x");
        var problem = Assert.Throws<DiagnosticException>(() => _workspace.Engine().Plan(Graph(Run("s", "", [pattern], ["o"])))).Diagnostics.Single();
        Assert.Equal(("MLO3040", why, mend), (problem.Code, problem.Why, problem.Mend));
    }

    [Theory]
    [InlineData("*.csv", "a.csv", true)]
    [InlineData("*.csv", "d/a.csv", false)]
    [InlineData("*.csv", ".a.csv", false)]
    [InlineData("**/*.csv", "a.csv", true)]
    [InlineData("**/*.csv", "d/e/a.csv", true)]
    [InlineData("**/*.csv", ".d/a.csv", false)]
    [InlineData("d/**", "d/e/f", true)]
    [InlineData("d/**", "d", false)]
    [InlineData("d/**/x", "d/x", true)]
    [InlineData("?a*b*c", "xa-b-b-c", true)]
    [InlineData("?a*b*c", "xa-b-b-cd", false)]
    public void Patterns_match_the_same_files_by_declaration_and_on_disk(string pattern, string path, bool matches)
    {
        _workspace.Write("ws/" + path, "x");
        var made = RunDeclaration.ToSteps([Run("w", "", [], [path]), Run("r", "", [pattern], ["o"])])[1];
        Assert.Equal(matches, made.Inputs.Values.OfType<OutputInput>().Any());
        var read = Graph(Run("r", "", [pattern], ["o"]) with { Folder = "ws", Owner = "models/ws" });
        Assert.Equal(matches, Record.Exception(() => _workspace.Engine().Plan(read)) is null);
    }

    [SkippableFact]
    public async Task A_pattern_matches_what_other_steps_write_and_a_directory_that_they_write_comes_whole()
    {
        OnLinux();
        _workspace.Write("data/own.csv", "own\n");
        var steps = new[]
        {
            Run("make", "echo made > data/made.csv; echo no > data/made.txt", [], ["data/made.csv", "data/made.txt"]),
            Run("split", "mkdir data/parts; echo p > data/parts/p.csv; echo q > data/parts/q.txt", [], ["data/parts/"]),
            Run("all", "find data -type f | sort > all.txt", ["data/**/*.csv"], ["all.txt"]),
            Run("one", "cat data/parts/q.txt > one.txt", ["data/parts/q.txt"], ["one.txt"]),
        };
        var result = await BuildAsync(steps);
        Assert.True(result.Succeeded, string.Join('\n', result.Diagnostics));
        Assert.Equal("data/made.csv\ndata/own.csv\ndata/parts/p.csv\ndata/parts/q.txt\n", _workspace.Read(".mlops/out/all.txt"));
        Assert.Equal("q\n", _workspace.Read(".mlops/out/one.txt"));
        Assert.True((await BuildAsync(steps)).WasUpToDate);
    }

    [SkippableFact]
    public async Task A_directory_is_an_output_like_a_file_and_nothing_of_an_earlier_version_stays()
    {
        OnLinux();
        _workspace.Write("n", "3");
        var steps = new[]
        {
            Run("split", "mkdir -p out/parts/sub; for i in $(seq $(cat n)); do echo $i > out/parts/sub/$i; done", ["n"], ["out/parts/"]),
            Run("join", "cat out/parts/sub/* > joined", ["out/parts"], ["joined"]),
        };
        await BuildAsync(steps);
        Assert.Equal("1\n2\n3\n", _workspace.Read(".mlops/out/joined"));
        Assert.True((await BuildAsync(steps)).WasUpToDate);

        _workspace.Write("n", "2");
        await BuildAsync(steps);
        Assert.Equal(["1", "2"], Directory.GetFiles(_workspace.PathOf(".mlops/out/out/parts/sub")).Select(path => Path.GetFileName(path)!).Order());
        Assert.Equal("1\n2\n", _workspace.Read(".mlops/out/joined"));
        _workspace.Write(".mlops/out/out/parts/stray", "put there by hand");
        File.Delete(_workspace.PathOf(".mlops/out/out/parts/sub/1"));
        Assert.Equal(StepStatus.UpToDate, (await BuildAsync(steps)).Steps[0].Status);
        Assert.Equal(["1", "2"], Directory.GetFiles(_workspace.PathOf(".mlops/out/out/parts"), "*", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)!).Order());
    }

    [SkippableFact]
    public async Task A_lost_part_of_a_directory_is_built_again_from_the_lock()
    {
        OnLinux();
        var step = Run("split", "mkdir p; echo 1 > p/1; echo 2 > p/2", [], ["p/"]);
        await BuildAsync(step);
        File.Delete(_workspace.Engine().Store.PathOf(Digest.Of("2\n")));
        var again = (await BuildAsync(step)).Steps.Single();
        Assert.Equal((StepStatus.Ran, StaleReason.OutputMissing), (again.Status, again.Reason));
        Assert.NotNull(_workspace.Engine().Store.TryRead(Digest.Of("2\n")));
    }

    [SkippableTheory]
    [InlineData("true", "MLO3012")]
    [InlineData("touch p", "MLO3012")]
    [InlineData("mkdir x; ln -s x p", "MLO3012")]
    [InlineData("mkdir p; ln -s /etc/hostname p/l", "MLO1117")]
    [InlineData("mkdir p; mkfifo p/l", "MLO1117")]
    [InlineData("mkdir p; touch 'p/a\\b'", "MLO3048")]
    [InlineData("mkdir p", null)]
    public async Task A_directory_that_is_none_is_refused_but_may_be_empty(string script, string? code)
    {
        OnLinux();
        var result = await BuildAsync(Run("dir", script, [], ["p/"]));
        Assert.Equal(code, result.Diagnostics.FirstOrDefault(d => d.Severity == Severity.Error)?.Code);
        Assert.Equal(code is null, Directory.Exists(_workspace.PathOf(".mlops/out/p")));
    }

    [SkippableFact]
    public async Task What_was_a_file_may_become_a_directory_and_the_other_way_round()
    {
        OnLinux();
        await BuildAsync(Run("s", "echo 1 > x", [], ["x"]));
        Assert.True((await BuildAsync(Run("s", "mkdir x; echo 2 > x/y", [], ["x/"]))).Succeeded);
        Assert.Equal("2\n", _workspace.Read(".mlops/out/x/y"));
        Assert.True((await BuildAsync(Run("s", "echo 3 > x", [], ["x"]))).Succeeded);
        Assert.Equal("3\n", _workspace.Read(".mlops/out/x"));
        Assert.True((await BuildAsync(Run("s", "echo 4 > x/z", [], ["x/z"]))).Succeeded);
        Assert.Equal("4\n", _workspace.Read(".mlops/out/x/z"));
    }

    [SkippableFact]
    public async Task Files_left_behind_are_told_but_hidden_ones_and_caches_are_not()
    {
        OnLinux();
        _workspace.Write("in.txt", "1");
        var result = await BuildAsync(Run("s", "mkdir -p d/__pycache__ .cache; touch d/left d/__pycache__/m.pyc .cache/c .rc; cat in.txt > o", ["in.txt"], ["o"]));
        var warning = result.Diagnostics.Single();
        Assert.Equal(("MLO3042", Severity.Warning), (warning.Code, warning.Severity));
        Assert.StartsWith("d/left; ", warning.Why, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Env_is_part_of_the_fingerprint_and_pass_is_not()
    {
        OnLinux();
        var step = Run("s", "echo \"$SET ${MLOPS_TEST_TAKEN-absent} $MLOPS_TEST_PASS1\" > o; echo say $MLOPS_TEST_PASS1; exit ${EXIT:-0}", [], ["o"]) with
        {
            Env = ["SET=a=b", "MLOPS_TEST_TAKEN"],
            Settings = new() { Pass = ["MLOPS_TEST_PASS1"] },
        };
        Environment.SetEnvironmentVariable("MLOPS_TEST_PASS1", "hunter-two");
        await BuildAsync(step);
        Assert.Equal("a=b absent hunter-two\n", _workspace.Read(".mlops/out/o"));
        Assert.Equal("""{"MLOPS_TEST_TAKEN":null,"SET":"a=b"}""", Lock(step)["parameters"]!["env"]!.ToJsonString());
        Environment.SetEnvironmentVariable("MLOPS_TEST_PASS1", "hunter-three");
        Assert.True((await BuildAsync(step)).WasUpToDate);

        Environment.SetEnvironmentVariable("MLOPS_TEST_TAKEN", "");
        var ran = await BuildAsync(step);
        Assert.Equal("parameter env.MLOPS_TEST_TAKEN changed: null → \"\"", ran.Steps.Single().Explanation);
        Assert.Equal("say ***\n", Encoding.UTF8.GetString(_workspace.Engine().Store.TryRead(ran.Steps.Single().Result!.Log!.Value)!));
        Environment.SetEnvironmentVariable("MLOPS_TEST_TAKEN", null);

        var failed = await BuildAsync(step with { Env = ["SET=x", "EXIT=3"] });
        Assert.Contains("say ***", failed.Diagnostics.Single().Why, StringComparison.Ordinal);
        Assert.Equal("say ***\n", _workspace.Read(".mlops/logs/steps/s.log"));
        Assert.DoesNotContain("hunter", _workspace.LockText, StringComparison.Ordinal);
        Assert.True((await BuildAsync(step with { Env = ["SET=x"] })).Succeeded);
        Assert.False(File.Exists(_workspace.PathOf(".mlops/logs/steps/s.log")));
    }

    [SkippableFact]
    public async Task A_toolchain_is_what_its_probes_print_its_files_hold_and_its_image_is()
    {
        OnLinux();
        _workspace.Write("tool.sh", $"#!/bin/sh\necho x >> {_workspace.PathOf("asked")}\ncat {_workspace.PathOf("version")}\n");
        MakeExecutable("tool.sh");
        _workspace.Write("version", " 1.0 \n");
        _workspace.Write("requirements.txt", "numpy==1\n");
        var tools = new ToolchainDeclaration
        {
            Probes = [[_workspace.PathOf("tool.sh"), "--version"]],
            Files = ImmutableSortedDictionary<string, WorkspacePath>.Empty.Add("requirements.txt", WorkspacePath.Parse("requirements.txt")),
            Image = Digest.Of("image").ToString(),
        };
        var steps = Enumerable.Range(0, 20).Select(i => Run($"s{i}", $"echo {i} > o{i}", [], [$"o{i}"]) with { Toolchain = tools }).ToArray();
        Assert.True((await BuildAsync(steps)).Succeeded);
        Assert.Single((await File.ReadAllLinesAsync(_workspace.PathOf("asked"))));
        var toolchain = Lock(steps[0])["toolchain"]!.AsObject();
        Assert.Equal("1.0", (string?)toolchain[$"{_workspace.PathOf("tool.sh")} --version"]);
        Assert.Equal(Digest.Of("numpy==1\n").ToString(), (string?)toolchain["requirements.txt"]);
        Assert.Equal(Digest.Of("image").ToString(), (string?)toolchain["image"]);
        Assert.True((await BuildAsync(steps)).WasUpToDate);

        _workspace.Write("version", "2.0\n");
        var ran = (await BuildAsync(steps)).Steps[0];
        Assert.Equal((StepStatus.Ran, StaleReason.ToolchainChanged), (ran.Status, ran.Reason));
        Assert.EndsWith("changed: 1.0 → 2.0", ran.Explanation, StringComparison.Ordinal);
        _workspace.Write("requirements.txt", "numpy==2\n");
        Assert.Equal(StaleReason.ToolchainChanged, (await BuildAsync(steps)).Steps[0].Reason);
    }

    [SkippableTheory]
    [InlineData("no-such-program-here", "No such file")]
    [InlineData("false", "exited with 1")]
    [InlineData("true", "printed nothing")]
    public void A_probe_that_gives_no_answer_is_told(string program, string why)
    {
        OnLinux();
        var problem = Assert.Throws<DiagnosticException>(() => _workspace.Engine().Plan(Graph(Run("s", "", [], ["o"]) with { Toolchain = new() { Probes = [[program]] } }))).Diagnostics.Single();
        Assert.Equal("MLO3046", problem.Code);
        Assert.Contains(why, problem.Why, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_program_starts_in_its_directory_and_paths_stay_those_of_the_sandbox()
    {
        OnLinux();
        _workspace.Write("src/in.txt", "1");
        await BuildAsync(Run("s", "cat in.txt > ../out/o", ["src/in.txt"], ["out/o"]) with { Directory = "src" });
        Assert.Equal("1", _workspace.Read(".mlops/out/out/o"));
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
    public async Task Metrics_stand_in_the_lock_at_the_step()
    {
        OnLinux();
        var script = """printf '{"rmse": 0.1, "by": {"a": 3, "t": "x"}, "list": [1e3, -0.0]}' > m.json; printf 'name,value\nauc,0.75\n"f,1",1\n' > n.csv; printf 'x,y\n1,2\n' > p.csv""";
        var step = Run("s", script, [], []) with { Metrics = ["m.json", "n.csv"], Plots = ["p.csv"] };
        var result = await BuildAsync(step);
        Assert.True(result.Succeeded, string.Join('\n', result.Diagnostics));
        Assert.Equal("""{"auc":0.75,"by.a":3,"f,1":1,"list.0":1000,"list.1":0,"rmse":0.1}""", CanonicalJson.Compact(Lock(step)["metrics"]));
        Assert.Equal(3, Lock(step)["outputs"]!.AsObject().Count);
        Assert.Equal("x,y\n1,2\n", _workspace.Read(".mlops/out/p.csv"));
        Assert.True((await BuildAsync(step)).WasUpToDate);
        var text = _workspace.LockText;

        // Deleted, restored; edited by hand, mended.
        File.Delete(_workspace.PathOf(BuildEngine.LockName));
        Assert.Equal(StepStatus.Restored, (await BuildAsync(step)).Steps.Single().Status);
        Assert.Equal(text, _workspace.LockText);
        _workspace.Write(BuildEngine.LockName, text.Replace("\"rmse\": 0.1", "\"rmse\": 0.01", StringComparison.Ordinal));
        Assert.Equal(StaleReason.LockContradicted, (await BuildAsync(step)).Steps.Single().Reason);
        Assert.Equal(text, _workspace.LockText);
    }

    [SkippableTheory]
    [InlineData("m.json", "not json")]
    [InlineData("m.json", """{"a": NaN}""")]
    [InlineData("m.json", """{"a": "x"}""")]
    [InlineData("m.json", """{"a": 1, "a": 2}""")]
    [InlineData("m.json", """{"a": 1e999}""")]
    [InlineData("m.csv", "a,b\\n1\\n")]
    [InlineData("m.csv", "a,b\\n")]
    [InlineData("m.csv", "a,\\\"b\\n")]
    [InlineData("m.csv", "n,v\\nx,inf\\n")]
    public async Task Metrics_that_cannot_be_read_fail_the_step(string file, string content)
    {
        OnLinux();
        var result = await BuildAsync(Run("s", $"printf '{content}' > {file}", [], []) with { Metrics = [file] });
        Assert.Equal("MLO3044", result.Diagnostics.Single().Code);
        Assert.Null(_workspace.Engine().Store.TryGetRecord(result.Steps.Single().Fingerprint ?? Digest.Of("none")));
    }

    [SkippableFact]
    public async Task What_a_program_prints_is_kept_with_the_record_and_not_in_the_lock()
    {
        OnLinux();
        var step = Run("s", "echo one; echo two >&2; echo 1 > o", [], ["o"]);
        var result = await BuildAsync(step);
        var log = result.Steps.Single().Result!.Log!.Value;
        Assert.Equal("one\ntwo\n", Encoding.UTF8.GetString(_workspace.Engine().Store.TryRead(log)!));
        var record = _workspace.Engine().Store.TryGetRecord(result.Steps.Single().Fingerprint!.Value)!;
        Assert.Equal(log, record.Log);
        Assert.Contains(new ContentRef(log, IsTree: false), record.Contents);
        Assert.DoesNotContain(log.Hex, _workspace.LockText, StringComparison.Ordinal);
        Assert.Null((await BuildAsync(Run("quiet", "echo 1 > o", [], ["o"]))).Steps.Single().Result!.Log);
    }

    [SkippableFact]
    public async Task Of_a_flood_of_words_the_first_and_last_are_kept()
    {
        OnLinux();
        var result = await BuildAsync(Run("flood", "echo first; head -c 300000000 /dev/zero | tr '\\0' x; echo; echo last; exit 1", [], ["o"]));
        Assert.EndsWith("last", result.Diagnostics.Single().Why, StringComparison.Ordinal);
        var log = _workspace.Read(".mlops/logs/steps/flood.log");
        Assert.StartsWith("first\nxxx", log, StringComparison.Ordinal);
        Assert.EndsWith("xxx\nlast\n", log, StringComparison.Ordinal);
        Assert.Contains("bytes cut …]", log, StringComparison.Ordinal);
        Assert.InRange(log.Length, 1_000_000, 1_100_000);
        Assert.True(result.Diagnostics.Single().Why!.Length < 10_000);
    }

    [SkippableFact]
    public async Task A_running_program_tells_its_last_line()
    {
        OnLinux();
        var told = new List<string>();
        await _workspace.Engine().BuildAsync(Graph(Run("s", "printf 'a\\nepoch 1 \\033[1m\\n'; echo 1 > o", [], ["o"])), new() { Progress = happened =>
        {
            if (happened is BuildEvent.StepProgress progress)
            {
                told.Add(progress.Text);
            }
        } });
        Assert.Contains("epoch 1  [1m", told);
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

    private void MakeExecutable(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_workspace.PathOf(path), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
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

    /// <summary>An answer that is remembered as soon as the files it depends on are old enough to be trusted.</summary>
    private sealed class RememberedAnswer(string root)
    {
        public bool Holds => BuildMirror.TryAnswer(root, "test") is not null;

        public void Answer(Action<BuildMirror> look)
        {
            while (true)
            {
                var mirror = new BuildMirror(root);
                look(mirror);
                mirror.Save("test", "yes"u8);
                if (Holds)
                {
                    return;
                }
            }
        }
    }
}
