using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Tests.Engine;

public sealed partial class RunStepTests : IDisposable
{
    private readonly ToyWorkspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [SkippableFact]
    public async Task A_program_runs_in_a_sandbox_that_holds_what_it_reads_and_nothing_else()
    {
        OnLinux();
        _workspace.Write("in/a.txt", "one");
        _workspace.Write("dir/x/b.txt", "two");
        _workspace.Write("undeclared", "no");
        var result = await BuildAsync(Run("list", "touch out/list.txt; find . -type f | sort > out/list.txt", ["in/a.txt", "dir"], ["out/list.txt"]));
        Assert.Equal("./dir/x/b.txt\n./in/a.txt\n./out/list.txt\n", _workspace.Read(".mlops/out/out/list.txt"));
        Assert.Equal(StepStatus.Ran, result.Steps.Single().Status);
        Assert.Empty(Directory.GetFileSystemEntries(_workspace.PathOf(".mlops/sandbox")));
    }

    [SkippableFact]
    public async Task The_environment_is_bare()
    {
        OnLinux();
        Environment.SetEnvironmentVariable("MLOPS_TEST_SECRET", "leaked");
        await BuildAsync(Run("env", "env | sed 's/=.*//' | sort > names; echo $TZ $LANG > values", [], ["names", "values"]));
        Assert.Equal(["HOME", "LANG", "PATH", "TZ"], _workspace.Read(".mlops/out/names").Split('\n').Where(name => name is not ("" or "PWD" or "SHLVL" or "_" or "OLDPWD")));
        Assert.Equal("UTC C.UTF-8\n", _workspace.Read(".mlops/out/values"));
    }

    [SkippableFact]
    public async Task Steps_read_what_others_write_by_path_or_by_name()
    {
        OnLinux();
        var steps = new[]
        {
            Run("third", "cat x.txt y.txt > z.txt", ["x.txt", "@second"], ["z.txt"]),
            Run("second", "sed s/1/2/ x.txt > y.txt", ["@first"], ["y.txt"]),
            Run("first", "echo 1 > x.txt", [], ["x.txt"]),
        };
        await BuildAsync(steps);
        Assert.Equal("1\n2\n", _workspace.Read(".mlops/out/z.txt"));
        Assert.True((await BuildAsync(steps)).WasUpToDate);
        File.Delete(_workspace.PathOf(".mlops/out/z.txt"));
        await BuildAsync(steps);
        Assert.Equal("1\n2\n", _workspace.Read(".mlops/out/z.txt"));
    }

    [SkippableFact]
    public async Task A_models_step_stands_in_the_models_folder_and_others_read_what_it_writes_from_there()
    {
        OnLinux();
        _workspace.Write("models/m/in.txt", "1");
        var steps = new[]
        {
            Run("after", "cat models/m/x.txt > y.txt", ["models/m/x.txt"], ["y.txt"]),
            Run("within", "cat in.txt in.txt > x.txt", ["in.txt"], ["x.txt"]) with { Owner = "models/m", Folder = "models/m" },
        };
        Assert.True((await BuildAsync(steps)).Succeeded);
        Assert.Equal("11", _workspace.Read(".mlops/out/y.txt"));
        Assert.Equal("11", _workspace.Read(".mlops/out/models/m/x.txt"));
    }

    [SkippableFact]
    public async Task A_program_that_fails_is_shown_with_its_last_words()
    {
        OnLinux();
        var result = await BuildAsync(Run("bad", "echo started; echo broken >&2; exit 3", [], ["x"]));
        var problem = result.Diagnostics.Single();
        Assert.Equal("MLO3010", problem.Code);
        Assert.Contains("exited with 3\n           started\n           broken", problem.Why, StringComparison.Ordinal);
        Assert.Equal("nuke.json:1", problem.Where);
    }

    [SkippableTheory]
    [InlineData("kill -9 $$", "MLO3010")]
    [InlineData("true", "MLO3012")]
    [InlineData("mkdir x", "MLO3012")]
    [InlineData("ln -s /etc/hostname x", "MLO3012")]
    public async Task A_program_that_does_not_do_its_work_is_told_apart(string script, string code)
    {
        OnLinux();
        Assert.Equal(code, (await BuildAsync(Run("bad", script, [], ["x"]))).Diagnostics.Single().Code);
    }

    [SkippableFact]
    public async Task What_lies_behind_a_link_is_not_taken_as_an_output()
    {
        OnLinux();
        _workspace.Write("real/o", "mine");
        var result = await BuildAsync(Run("thief", $"rmdir out; ln -s {_workspace.PathOf("real")} out", [], ["out/o"]));
        Assert.Equal("MLO3012", result.Diagnostics.Single().Code);
        Assert.Equal("mine", _workspace.Read("real/o"));
    }

    [SkippableTheory]
    [InlineData("printf 2 > x.txt")]
    [InlineData("touch -r x.txt t; printf 2 | dd of=x.txt conv=notrunc 2>/dev/null; touch -r t x.txt; rm t")]
    [InlineData("rm x.txt; printf 2 > x.txt")]
    [InlineData("rm x.txt; printf 2 > x.txt; mv x.txt z.txt; mv z.txt x.txt")]
    public async Task What_a_program_does_to_what_it_reads_harms_nobody(string harm)
    {
        OnLinux();
        var make = Run("make", "printf 1 > x.txt", [], ["x.txt"]);
        var result = await BuildAsync(make, Run("rude", $"chmod u+w x.txt; {harm}; cp x.txt y.txt", ["x.txt"], ["y.txt"]));
        Assert.Empty(result.Diagnostics);
        Assert.Equal("2", _workspace.Read(".mlops/out/y.txt"));
        Assert.Equal("1", _workspace.Read(".mlops/out/x.txt"));
        Assert.Equal("1"u8.ToArray(), _workspace.Engine().Store.TryRead(Digest.Of("1")));
    }

    [SkippableFact]
    public async Task A_large_input_is_a_private_copy_as_well()
    {
        OnLinux();
        var make = Run("make", "head -c 68000000 /dev/zero > x.bin", [], ["x.bin"]);
        var result = await BuildAsync(make, Run("rude", "chmod u+w x.bin; printf X | dd of=x.bin conv=notrunc 2>/dev/null; mv x.bin y.bin", ["x.bin"], ["y.bin"]));
        Assert.Empty(result.Diagnostics);
        Assert.True(_workspace.Engine().Store.CheckBytes(result.Steps[0].Result!.Outputs["x.bin"]));
    }

    [SkippableFact]
    public async Task Two_outputs_may_be_one_file_under_two_names()
    {
        OnLinux();
        var result = await BuildAsync(Run("twins", "echo 1 > a; ln a b", [], ["a", "b"]));
        Assert.Empty(result.Diagnostics);
        Assert.Equal("1\n", _workspace.Read(".mlops/out/b"));
    }

    [SkippableFact]
    public async Task No_step_sees_what_another_left_in_its_sandbox()
    {
        OnLinux();
        var steps = Enumerable.Range(0, 6).Select(i => Run($"s{i}", $"seen=$(find . | sort); echo \"$seen\" > out/{i}; mkdir -p out/left junk; touch out/left/f junk/g; {(i == 2 ? "chmod 700 out" : i == 3 ? "chmod 500 ." : "")}", [], [$"out/{i}"])).ToArray();
        await _workspace.Engine().BuildAsync(Graph(steps), new() { Jobs = 1 });
        Assert.All(Enumerable.Range(0, 6), i => Assert.Equal(".\n./out\n", _workspace.Read($".mlops/out/out/{i}")));
    }

    [Fact]
    public void Reading_a_folder_that_another_step_writes_into_is_refused() => Assert.Contains("'out/x'", Assert.Throws<DiagnosticException>(() =>
        Graph(Run("a", "", [], ["out/x"]), Run("b", "", ["out"], ["y"]))).Diagnostics.Single().What, StringComparison.Ordinal);

    [SkippableFact]
    public async Task A_program_that_does_not_exist_is_told()
    {
        OnLinux();
        var problem = (await BuildAsync(new RunDeclaration("bad", ["no-such-program-here"], [], ["x"]))).Diagnostics.Single();
        Assert.Equal("MLO3011", problem.Code);
        Assert.Contains("No such file", problem.Why, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Scripts_of_the_workspace_stay_executable()
    {
        OnLinux();
        _workspace.Write("go.sh", "#!/bin/sh\necho $1 > x\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_workspace.PathOf("go.sh"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        await BuildAsync(new RunDeclaration("go", ["./go.sh", "ä b"], ["go.sh"], ["x"]));
        Assert.Equal("ä b\n", _workspace.Read(".mlops/out/x"));
    }

    [SkippableFact]
    public async Task Cancelling_ends_a_program_with_all_that_it_started()
    {
        OnLinux();
        using var cancel = new CancellationTokenSource();
        // The program says that it runs by making its pid file outside of the sandbox; its child would write much later.
        var pidFile = _workspace.PathOf("pid");
        var graph = Graph(Run("slow", $"(sleep 600; echo late) & echo $! > {pidFile}.new; mv {pidFile}.new {pidFile}; wait", [], ["x"]));
        using var watcher = new FileSystemWatcher(_workspace.Root, "pid") { EnableRaisingEvents = true };
        watcher.Renamed += (_, _) => cancel.Cancel();
        var result = await _workspace.Engine().BuildAsync(graph, new(), cancel.Token);
        Assert.True(result.Cancelled);
        var child = (await File.ReadAllTextAsync(pidFile)).Trim();
        Assert.True(!Directory.Exists($"/proc/{child}") || (await File.ReadAllTextAsync($"/proc/{child}/stat")).Contains(") Z", StringComparison.Ordinal));
    }

    [Fact]
    public void Bad_declarations_are_told_at_once()
    {
        var problems = Assert.Throws<DiagnosticException>(() => RunDeclaration.ToSteps(
        [
            new("a b", ["x"], [], ["y"]),
            new("none", [], [], []),
            new("out", ["x"], ["../secret"], ["/etc/passwd"]),
            new("own", ["x"], [], [".mlops/store/x"]),
            new("near", ["x"], ["@embedd"], ["z"]),
            new("embed", ["x"], ["v"], ["v/w"]),
        ])).Diagnostics;
        Assert.Equal(8, problems.Count);
        Assert.All(problems, p => Assert.Equal("MLO3006", p.Code));
        Assert.Contains(problems, p => p.Mend == "did you mean '@embed'?");
    }

    [Fact]
    public void Two_programs_that_write_the_same_file_are_refused() => Assert.Equal("MLO3004", Assert.Throws<DiagnosticException>(() =>
        Graph(Run("a", "", [], ["x/y"]), Run("b", "", [], ["x"]))).Diagnostics.Single().Code);

    private Task<BuildResult> BuildAsync(params RunDeclaration[] declarations) => _workspace.Engine().BuildAsync(Graph(declarations));

    private static StepGraph Graph(params RunDeclaration[] declarations) => StepGraph.Create(RunDeclaration.ToSteps(declarations));

    private static RunDeclaration Run(string key, string script, string[] reads, string[] writes) =>
        new(key, ["sh", "-c", script], [.. reads], [.. writes]) { Origin = "nuke.json:1" };

    private static void OnLinux() => Skip.IfNot(OperatingSystem.IsLinux(), "the programs are Unix tools");
}
