using System.Text;
using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Tests.Engine;

/// <summary>What programs leave: directories, metrics, words.</summary>
public sealed partial class RunStepTests
{
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
        Assert.Contains("epoch 1 ?[1m", told);
    }
}
