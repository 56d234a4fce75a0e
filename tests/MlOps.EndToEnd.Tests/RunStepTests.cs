using MlOps.EndToEnd.Tests.Support;

namespace MlOps.EndToEnd.Tests;

/// <summary>Programs as steps, declared in <c>nuke.json</c> and run through the real command.</summary>
public sealed class RunStepTests
{
    [Fact]
    public void A_file_that_another_step_writes_connects_the_two_and_a_change_reruns_what_it_reaches()
    {
        using var workspace = Steps("""
            "last": { "run": ["cp", "mid/m.txt", "out/l.txt"], "reads": ["mid/m.txt"], "writes": ["out/l.txt"] },
            "first": { "run": ["cp", "in.txt", "mid/m.txt"], "reads": ["in.txt"], "writes": ["mid/m.txt"] },
            "other": { "run": ["cp", "more.txt", "out/o.txt"], "reads": ["more.txt"], "writes": ["out/o.txt"] }
            """);
        workspace.Run("Train").Expect(0);
        Assert.Equal("one", File.ReadAllText(workspace.At(".mlops/out/out/l.txt")));

        workspace.Write("in.txt", "two");

        Assert.Equal(["steps/first", "steps/last"], Ran(workspace.Run("Train --json").Expect(0)));
        Assert.Equal("two", File.ReadAllText(workspace.At(".mlops/out/out/l.txt")));
        Assert.Empty(Ran(workspace.Run("Train --json").Expect(0)));
    }

    /// <summary>The quick build of decision 10 against the whole one, which <c>--jobs</c> asks for.</summary>
    [Fact]
    public void After_a_small_edit_the_quick_way_says_and_leaves_what_the_whole_way_does()
    {
        const string Declared = """
            "first": { "run": ["sh", "-c", "cat in.txt > mid/m.txt; grep -q bad in.txt && exit 7 || true"], "reads": ["in.txt"], "writes": ["mid/m.txt"] },
            "last": { "run": ["cp", "mid/m.txt", "out/l.txt"], "reads": ["mid/m.txt"], "writes": ["out/l.txt"] },
            "other": { "run": ["cp", "more.txt", "out/o.txt"], "reads": ["more.txt"], "writes": ["out/o.txt"] }
            """;
        using var quick = Steps(Declared);
        using var whole = Steps(Declared);
        quick.Run("Train").Expect(0);
        whole.Run("Train --jobs 1").Expect(0);
        var image = Directory.GetFiles(quick.At(".mlops/mirror"), "*.graph").Single();
        var before = File.ReadAllBytes(image);
        foreach (var (text, exit) in new[] { ("two", 0), ("two", 0), ("three", 0), ("two", 0), ("bad", 1), ("four", 0) })
        {
            quick.Write("in.txt", text);
            whole.Write("in.txt", text);
            var (a, b) = (quick.Run("Train").Expect(exit), whole.Run("Train --jobs 1").Expect(exit));
            Assert.Equal(Timeless(b.Output), Timeless(a.Output));
            Assert.Equal(Unforeseen(b.Errors), Unforeseen(a.Errors));
            Assert.Equal(File.ReadAllText(whole.At("data.lock.json")), File.ReadAllText(quick.At("data.lock.json")));
            Assert.Equal(File.ReadAllText(whole.At(".mlops/out/out/l.txt")), File.ReadAllText(quick.At(".mlops/out/out/l.txt")));
            Assert.Empty(StoreCheck.Damaged(quick.Root));
            // Only the whole way writes the image anew.
            Assert.Equal(before, File.ReadAllBytes(image));
        }

        // The quick way takes less long than reading the log that forecasts come from.
        static IEnumerable<string> Unforeseen(string errors) => errors.Split('\n').Where(line => !line.Contains(" pending, about ", StringComparison.Ordinal));

        static string Timeless(string table) => System.Text.RegularExpressions.Regex.Replace(table, "[0-9]+\\.[0-9]{2}", "0.00");
    }

    [Theory]
    [InlineData("mkdir out.txt", "MLO3012")]
    [InlineData("ln -s in.txt out.txt", "MLO3012")]
    [InlineData("true", "MLO3012")]
    [InlineData("exit 7", "MLO3010")]
    [InlineData("kill -9 $$", "MLO3010")]
    [InlineData("cat more.txt > out.txt", "MLO3010")]
    public void A_program_that_does_not_do_its_work_fails_the_build_and_changes_nothing(string script, string code)
    {
        using var workspace = Steps($$"""
            "bad": { "run": ["sh", "-c", "{{script}}"], "reads": ["in.txt"], "writes": ["out.txt"] }
            """);

        var failed = workspace.Run("Train").Expect(1);

        Assert.Contains($"{code} error: step 'steps/bad'", failed.Errors, StringComparison.Ordinal);
        Assert.Contains("where: nuke.json:", failed.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(workspace.At("data.lock.json")));
        Assert.Empty(StoreCheck.Damaged(workspace.Root));
    }

    [Fact]
    public void A_program_that_writes_to_what_it_reads_harms_neither_the_store_nor_others()
    {
        using var workspace = Steps("""
            "make": { "run": ["cp", "in.txt", "m.txt"], "reads": ["in.txt"], "writes": ["m.txt"] },
            "rude": { "run": ["sh", "-c", "chmod u+w m.txt; printf two > m.txt; cp m.txt out.txt"], "reads": ["m.txt"], "writes": ["out.txt"] }
            """);

        workspace.Run("Train").Expect(0);
        Assert.Empty(StoreCheck.Damaged(workspace.Root));
        Assert.Equal("one", File.ReadAllText(workspace.At("in.txt")));
        Assert.Equal("one", File.ReadAllText(workspace.At(".mlops/out/m.txt")));
        Assert.Equal("two", File.ReadAllText(workspace.At(".mlops/out/out.txt")));
    }

    [Theory]
    [InlineData("MLO3002", "steps/a → steps/b → steps/a", """ "a": { "run": ["true"], "reads": ["y"], "writes": ["x"] }, "b": { "run": ["true"], "reads": ["x"], "writes": ["y"] } """)]
    [InlineData("MLO3004", "steps/b → d, steps/a → d/x", """ "a": { "run": ["true"], "writes": ["d/x"] }, "b": { "run": ["true"], "writes": ["d"] } """)]
    [InlineData("MLO3004", "steps/a → x, steps/b → x", """ "a": { "run": ["true"], "writes": ["x"] }, "b": { "run": ["true"], "writes": ["x"] } """)]
    [InlineData("MLO3005", "step 'steps/a' reads it", """ "a": { "run": ["true"], "reads": ["gone.txt"], "writes": ["x"] } """)]
    [InlineData("MLO3006", "did you mean '@embed'?", """ "a": { "run": ["true"], "reads": ["@embedd"], "writes": ["x"] }, "embed": { "run": ["true"], "writes": ["y"] } """)]
    [InlineData("MLO3006", "reads and writes 'x'", """ "a": { "run": ["true"], "reads": ["x"], "writes": ["x"] } """)]
    [InlineData("MLO10", "'a'", """ "a": { "run": ["true"], "writes": ["x"] }, "a": { "run": ["true"], "writes": ["y"] } """)]
    public void Steps_that_do_not_fit_together_are_told_with_the_path_between_them(string code, string path, string steps)
    {
        using var workspace = Steps(steps);

        var failed = workspace.Run("Train").Expect(1);

        Assert.Contains(code, failed.Errors, StringComparison.Ordinal);
        Assert.Contains(path, failed.Errors, StringComparison.Ordinal);
        Assert.Contains("where: nuke.json", failed.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(workspace.At(".mlops/store/objects")));
    }

    [Fact]
    public async Task Two_builds_started_at_once_both_succeed_and_agree()
    {
        using var workspace = Many(40);
        for (var round = Environment.GetEnvironmentVariable("MLOPS_TEST_ALL") == "1" ? 50 : 5; round > 0; round--)
        {
            workspace.Write("in.txt", $"round {round}");
            using var start = new Barrier(2);

            var both = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            {
                start.SignalAndWait();
                return workspace.Run("Train --json");
            })));

            Assert.All(both, ran => ran.Expect(0));
            // Each step ran in one of them only: the other waited, then found it done.
            Assert.Equal(40, both.Sum(ran => Ran(ran).Count));
            Assert.Empty(StoreCheck.Damaged(workspace.Root));
            Assert.Equal($"round {round}7\n", await File.ReadAllTextAsync(workspace.At(".mlops/out/out/o7.txt")));
            var text = workspace.Lock;
            File.Delete(workspace.At("data.lock.json"));
            workspace.Run("Train").Expect(0);
            Assert.Equal(text, workspace.Lock);
        }
    }

    [Fact]
    public void A_step_may_declare_everything_and_a_remembered_answer_knows_of_all_of_it()
    {
        using var workspace = Steps("""
            "first": {
              "run": [["sh", "work.sh"], ["sh", "-c", "ls parts | wc -l > ../count.txt"]],
              "directory": "sub", "reads": ["sub/work.sh", "data/**/*.csv"],
              "writes": ["sub/parts/", "count.txt"], "metrics": ["metrics.json"], "plots": ["curve.csv"],
              "env": ["SEED=7", "HOME_OF_NOBODY"], "pass": ["TOKEN_OF_NOBODY"],
              "toolchain": { "probe": [["sh", "-c", "echo one"]], "files": ["pins.txt"], "image": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
              "timeout": "2m", "retries": 1
            },
            "second": { "run": ["sh", "-c", "cat sub/parts/* > all.txt"], "reads": ["@first"], "writes": ["all.txt"], "frozen": true }
            """);
        workspace.Write("sub/work.sh", "mkdir parts; cp ../data/*.csv parts/; echo '{\"seed\": '$SEED'}' > ../metrics.json; printf 'x,y\\n1,2\\n' > ../curve.csv; echo done\n");
        workspace.Write("data/a.csv", "a\n");
        workspace.Write("data/b.csv", "b\n");
        workspace.Write("pins.txt", "one==1\n");

        workspace.Run("Train").Expect(0);

        Assert.Equal("a\nb\n", File.ReadAllText(workspace.At(".mlops/out/all.txt")));
        Assert.Equal("2", File.ReadAllText(workspace.At(".mlops/out/count.txt")).Trim());
        Assert.Equal(7, (int)System.Text.Json.Nodes.JsonNode.Parse(workspace.Lock)!["steps"]!["first"]!["metrics"]!["seed"]!);
        Assert.Empty(Ran(workspace.Run("Train --json").Expect(0)));
        Assert.Contains("up to date", workspace.Run("Train").Expect(0).Output, StringComparison.Ordinal);

        workspace.Write("data/c.csv", "c\n");
        var third = workspace.Run("Train").Expect(0);
        Assert.Matches("steps/first +ran", third.Output);
        Assert.Matches("steps/second +frozen", third.Output);
        Assert.Equal(3, Directory.GetFiles(workspace.At(".mlops/out/sub/parts")).Length);

        workspace.Replace("nuke.json", ", \"frozen\": true", "");
        Assert.Equal(["steps/second"], Ran(workspace.Run("Train --json").Expect(0)));
        workspace.Write("pins.txt", "one==2\n");
        Assert.Equal(["steps/first"], Ran(workspace.Run("Train --json").Expect(0)));

        workspace.Replace("sub/work.sh", "echo done", $"cat {workspace.At("more.txt")}");
        Assert.Contains("why:   more.txt", workspace.Run("Train --verify-reads").Expect(1).Errors, StringComparison.Ordinal);
        workspace.Run("Train").Expect(0);
    }

    [Theory]
    [InlineData("MLO1", "a command is a list of texts", """ "a": { "run": "sh x", "writes": ["x"] } """)]
    [InlineData("MLO1", "a time span is", """ "a": { "run": ["true"], "writes": ["x"], "timeout": "soon" } """)]
    [InlineData("MLO2004", "'../x' is not a path", """ "a": { "run": ["true"], "writes": ["../x"] } """)]
    [InlineData("MLO2007", "writes nothing", """ "a": { "run": ["true"] } """)]
    [InlineData("MLO2060", "11 retries", """ "a": { "run": ["true"], "writes": ["x"], "retries": 11 } """)]
    [InlineData("MLO2061", "'latest' is not", """ "a": { "run": ["true"], "writes": ["x"], "toolchain": { "image": "latest" } } """)]
    [InlineData("MLO2062", "frozen and always", """ "a": { "run": ["true"], "writes": ["x"], "frozen": true, "always": true } """)]
    [InlineData("MLO3040", "'*.tsv' matches nothing", """ "a": { "run": ["true"], "reads": ["*.tsv"], "writes": ["x"] } """)]
    [InlineData("MLO3046", "exited with 1", """ "a": { "run": ["true"], "writes": ["x"], "toolchain": { "probe": [["false"]] } } """)]
    public void A_declaration_that_cannot_be_is_told_with_its_line(string code, string said, string steps)
    {
        using var workspace = Steps(steps);

        var failed = workspace.Run("Plan").Expect(1);

        Assert.Contains(code, failed.Errors, StringComparison.Ordinal);
        Assert.Contains(said, failed.Errors, StringComparison.Ordinal);
        Assert.Contains("where: nuke.json:2", failed.Errors, StringComparison.Ordinal);
    }

    /// <summary>A workspace of N steps that each copy a file of their own.</summary>
    internal static Workspace Many(int count) => Steps(string.Join(",\n", Enumerable.Range(0, count).Select(i =>
        $$"""  "s{{i}}": { "run": ["sh", "-c", "cat in.txt > out/o{{i}}.txt; echo {{i}} >> out/o{{i}}.txt"], "reads": ["in.txt"], "writes": ["out/o{{i}}.txt"] }""")));

    /// <summary>A workspace of some steps, and of two files that they may read.</summary>
    internal static Workspace Steps(string steps)
    {
        var workspace = new Workspace();
        workspace.Write("in.txt", "one");
        workspace.Write("more.txt", "more");
        workspace.Write("nuke.json", $"{{ \"name\": \"steps\", \"steps\": {{\n{steps}\n}} }}\n");
        return workspace;
    }

    /// <summary>The steps that a build ran.</summary>
    internal static List<string> Ran(Ran ran) =>
        [.. ran.Json["steps"]!.AsArray().Where(step => (string)step!["status"]! == "ran").Select(step => (string)step!["step"]!)];
}
