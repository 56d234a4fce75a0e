using MlOps.EndToEnd.Tests.Support;

namespace MlOps.EndToEnd.Tests;

/// <summary>Verify --rebuild: steps run again elsewhere, and what they give is held against the lock.</summary>
public sealed class RebuildTests
{
    // A step that is everything a rebuild has to bring along: patterns, toolchain files, a directory that others read.
    private const string Whole = """
        "split": {
          "run": ["sh", "-c", "mkdir -p parts/deep && cat data/*.csv data/deep/*.csv > parts/all.csv && cp tools/pins.txt parts/deep/"],
          "reads": ["data/**/*.csv", "tools/"], "writes": ["parts/"],
          "toolchain": { "probe": [["sh", "-c", "echo 1.0"]], "files": ["pins/one.txt"] }
        },
        "join": { "run": ["sh", "-c", "cat parts/all.csv parts/deep/* > joined.txt"], "reads": ["@split"], "writes": ["joined.txt"] }
        """;

    [Fact]
    public void A_rebuild_gives_the_same_or_names_the_first_divergence()
    {
        using var workspace = RunStepTests.Many(3);
        workspace.Run("Train").Expect(0);
        Assert.Contains("the rebuild gives what the lock says", workspace.Run("Verify --rebuild").Expect(0).Output, StringComparison.Ordinal);

        workspace.Write("nuke.json", """
            { "name": "steps", "steps": {
                "first": { "run": ["sh", "-c", "printf x > unused.txt"], "writes": ["unused.txt"] },
                "path": { "run": ["sh", "-c", "printf 'same ' > p.txt; pwd >> p.txt"], "writes": ["p.txt"] },
                "reader": { "run": ["cp", "p.txt", "q.txt"], "reads": ["p.txt"], "writes": ["q.txt"] }
            } }
            """);
        Assert.Contains("MLO2143", workspace.Run("Verify --rebuild").Expect(1).Errors, StringComparison.Ordinal);
        workspace.Run("Train").Expect(0);
        var lockBefore = workspace.Lock;

        var rebuilt = workspace.Run("Verify --rebuild").Expect(3).Output;

        Assert.Contains("the first divergence: step steps/path", rebuilt, StringComparison.Ordinal);
        Assert.Contains("output 'p.txt': sha256:", rebuilt, StringComparison.Ordinal);
        Assert.Contains("first at byte", rebuilt, StringComparison.Ordinal);
        Assert.Contains("differs, as what it reads does", rebuilt, StringComparison.Ordinal);
        Assert.Contains("gives what the lock says", workspace.Run("Verify reader --rebuild").Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal(lockBefore, workspace.Lock);
        Assert.Empty(Directory.GetFileSystemEntries(workspace.At(".mlops/rebuild")));
    }

    [Fact]
    public void Patterns_directories_and_a_toolchain_are_rebuilt_as_they_were_built()
    {
        using var workspace = Steps(Whole);
        workspace.Run("Train").Expect(0);

        var rebuilt = workspace.Run("Verify --rebuild --json").Expect(0).Json;

        Assert.Equal(["steps/split the same", "steps/join the same"], Results(rebuilt));
        Assert.Equal(["steps/join the same"], Results(workspace.Run("Verify join --rebuild --json").Expect(0).Json));
        Assert.Equal(["steps/split the same"], Results(workspace.Run("Verify steps/split --rebuild --json").Expect(0).Json));
    }

    [Fact]
    public void A_step_with_a_toolchain_that_gives_something_else_each_time_is_named()
    {
        using var workspace = Steps(Whole.Replace("cp tools/pins.txt parts/deep/", "cat /proc/sys/kernel/random/uuid > parts/deep/u", StringComparison.Ordinal));
        workspace.Run("Train").Expect(0);

        var rebuilt = workspace.Run("Verify split --rebuild").Expect(3).Output;

        Assert.Contains("the first divergence: step steps/split", rebuilt, StringComparison.Ordinal);
        Assert.Contains("output 'parts/'", rebuilt, StringComparison.Ordinal);
        Assert.Equal(["steps/split differs", "steps/join differs, as what it reads does"], Results(workspace.Run("Verify --rebuild --json").Expect(3).Json));
        Assert.Equal(["steps/join the same"], Results(workspace.Run("Verify join --rebuild --json").Expect(0).Json));
    }

    [Fact]
    public void A_step_that_always_runs_is_rebuilt_like_any_other()
    {
        using var workspace = Steps("""
            "fetch": { "run": ["sh", "-c", "cat in.txt FOLDER/outside > f.txt"], "reads": ["in.txt"], "writes": ["f.txt"], "always": true },
            "use": { "run": ["cp", "f.txt", "u.txt"], "reads": ["f.txt"], "writes": ["u.txt"] }
            """);
        workspace.Replace("nuke.json", "FOLDER", workspace.Root);
        workspace.Write("outside", "1");
        workspace.Run("Train").Expect(0);
        Assert.Equal(["steps/fetch the same", "steps/use the same"], Results(workspace.Run("Verify --rebuild --json").Expect(0).Json));
        Assert.Equal(["steps/use the same"], Results(workspace.Run("Verify use --rebuild --json").Expect(0).Json));

        workspace.Write("outside", "2");
        Assert.Equal(["steps/fetch differs", "steps/use differs, as what it reads does"], Results(workspace.Run("Verify --rebuild --json").Expect(3).Json));

        workspace.Write("in.txt", "two");
        Assert.Contains("MLO2143", workspace.Run("Verify --rebuild").Expect(1).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_frozen_step_is_taken_as_the_lock_has_it()
    {
        using var workspace = Steps("""
            "keep": { "run": ["cp", "in.txt", "k.txt"], "reads": ["in.txt"], "writes": ["k.txt"], "frozen": true },
            "use": { "run": ["cp", "k.txt", "u.txt"], "reads": ["k.txt"], "writes": ["u.txt"] }
            """);
        workspace.Run("Train").Expect(0);
        workspace.Write("in.txt", "two");
        workspace.Run("Train").Expect(0);

        Assert.Contains("gives what the lock says", workspace.Run("Verify --rebuild").Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Metrics_may_differ_within_the_tolerance_that_their_model_declares_and_no_more()
    {
        using var workspace = OnnxModelTests.Line(out _);
        // What is passed on is no part of the fingerprint, as the number of a machine's cores is not.
        workspace.Replace("models/line/model.json", "\"reads\": [\"fit.py\"", "\"pass\": [\"NOISE\"], \"reads\": [\"fit.py\"");
        workspace.Replace("models/line/model.json", "\"gate\":", "\"verify\": { \"tolerance\": { \"rmse\": 0.1 } }, \"gate\":");
        workspace.Replace("models/line/fit.py", "[intercept]", "[intercept + float(os.environ.get('NOISE', 0))]");
        workspace.Replace("models/line/fit.py", "import csv, struct", "import csv, os, struct");
        workspace.Run("Train").Expect(0);

        Assert.DoesNotContain("within the tolerance", workspace.Run("Verify --rebuild").Expect(0).Output, StringComparison.Ordinal);
        var within = workspace.Run("Verify --rebuild --json", "NOISE=0.05").Expect(0).Json;
        Assert.Contains("line/fit within the tolerance", Results(within));
        Assert.Contains("line/evaluate within the tolerance", Results(within));
        var beyond = workspace.Run("Verify --rebuild", "NOISE=0.3").Expect(3).Output;
        Assert.Contains("the first divergence: step line/evaluate", beyond, StringComparison.Ordinal);
        Assert.Matches("rmse [0-9.E-]+ → 0\\.[0-9]+, tolerance 0\\.1", beyond);
    }

    [Theory]
    [InlineData("\"rmsee\": 0.1", "'rmsee' cannot have a tolerance of 0.1", "did you mean 'rmse'?")]
    [InlineData("\"auc\": 0.1", "'auc' cannot have a tolerance of 0.1", "rmse")]
    [InlineData("\"rmse\": -1", "'rmse' cannot have a tolerance of -1", "mend or remove it")]
    public void A_tolerance_that_cannot_be_is_told_with_its_line(string tolerance, string what, string mend)
    {
        using var workspace = OnnxModelTests.Line(out _);
        workspace.Replace("models/line/model.json", "\"gate\":", $"\"verify\": {{ \"tolerance\": {{ {tolerance} }} }}, \"gate\":");

        var refused = workspace.Run("Verify --rebuild").Expect(1).Errors;

        Assert.Contains($"MLO2142 error: {what}", refused, StringComparison.Ordinal);
        Assert.Contains("where: models/line/model.json:6", refused, StringComparison.Ordinal);
        Assert.Contains(mend, refused, StringComparison.Ordinal);
    }

    private static Workspace Steps(string steps)
    {
        var workspace = new Workspace();
        foreach (var path in (string[])["in.txt", "data/a.csv", "data/deep/b.csv", "tools/pins.txt", "pins/one.txt"])
        {
            workspace.Write(path, $"{path}\n");
        }

        workspace.Write("nuke.json", $"{{ \"name\": \"steps\", \"steps\": {{\n{steps}\n}} }}\n");
        return workspace;
    }

    private static string[] Results(System.Text.Json.Nodes.JsonNode rebuilt) =>
        [.. rebuilt["steps"]!.AsArray().Select(step => $"{step!["step"]} {step["result"]}")];
}
