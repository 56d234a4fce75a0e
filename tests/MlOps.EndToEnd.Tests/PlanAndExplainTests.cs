using MlOps.EndToEnd.Tests.Support;

namespace MlOps.EndToEnd.Tests;

/// <summary>What will be done, what was done, and why: through the real command.</summary>
public sealed class PlanAndExplainTests
{
    private const string Steps = """
        "first": { "run": ["sh", "-c", "head -c 3 in.txt > mid.txt"], "reads": ["in.txt"], "writes": ["mid.txt"] },
        "last": { "run": ["cp", "mid.txt", "out.txt"], "reads": ["mid.txt"], "writes": ["out.txt"] }
        """;

    [Fact]
    public void A_plan_says_how_long_it_will_take_once_the_steps_have_run_here()
    {
        using var workspace = Declared();
        Assert.Null((double?)workspace.Run("Plan --json").Expect(2).Json["predicted_seconds"]);
        workspace.Run("Train").Expect(0);
        workspace.Write("in.txt", "two more");

        var plan = workspace.Run("Plan --json").Expect(2).Json;

        Assert.True((double)plan["predicted_seconds"]! >= 0);
        Assert.All(plan["steps"]!.AsArray(), step => Assert.NotNull((double?)step!["predicted_seconds"]));
        Assert.Matches("2 pending, 0 up to date, about [0-9.]+ s", workspace.Run("Plan").Expect(2).Output);
        Assert.Matches("2 steps pending, about [0-9.]+ s", workspace.Run("Train --jobs 2").Expect(0).Errors);

        File.WriteAllText(workspace.At(".mlops/runs"), "\0damaged");
        workspace.Write("in.txt", "three");
        Assert.Contains("2 pending", workspace.Run("Plan").Expect(2).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_json_tells_what_the_lock_says_and_what_it_will_say()
    {
        using var workspace = Declared();
        workspace.Run("Train").Expect(0);
        workspace.Replace("nuke.json", "head -c 3", "head -c 2");

        var plan = workspace.Run("Plan --json").Expect(2).Json;

        var first = plan["steps"]!.AsArray().Single(step => (string)step!["address"]! == "steps/first")!["change"]!;
        Assert.Contains("head -c 3", first["before"]!["parameters"]!["run"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("head -c 2", first["after"]!["parameters"]!["run"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("""{"outputs":true}""", first["after_unknown"]!.ToJsonString());
        Assert.StartsWith("sha256:", (string)plan["prior_state"]!["lock"]!, StringComparison.Ordinal);
        Assert.False((bool)plan["errored"]!);
        Assert.False((bool)plan["complete"]!);
    }

    [Fact]
    public void A_saved_plan_is_carried_out()
    {
        using var workspace = Declared();
        workspace.Run("Plan --out build.plan").Expect(2);

        workspace.Run("Train --plan build.plan").Expect(0);

        Assert.Equal("one", File.ReadAllText(workspace.At(".mlops/out/out.txt")));
    }

    [Fact]
    public void A_saved_plan_is_refused_when_anything_changed_since()
    {
        using var workspace = Declared();
        workspace.Run("Plan --out build.plan").Expect(2);

        Refused("in.txt", "one", "two", "steps/first: inputs in.txt changed");
        Refused("nuke.json", "\"cp\"", "\"cp\", \"-p\"", "steps/last: parameters run");
        Refused("nuke.json", "\"last\"", "\"other\"", "steps/other is new");
        workspace.Write("data.lock.json", "{\n  \"format\": 1\n}\n");
        Assert.Contains("data.lock.json is another", workspace.Run("Train --plan build.plan").Expect(3).Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(workspace.At(".mlops/out")));
        File.Delete(workspace.At("data.lock.json"));

        workspace.Run("Train --plan build.plan").Expect(0);
        Assert.Contains("data.lock.json is another", workspace.Run("Train --plan build.plan").Expect(3).Errors, StringComparison.Ordinal);

        void Refused(string file, string old, string with, string why)
        {
            var before = File.ReadAllText(workspace.At(file));
            workspace.Replace(file, old, with);
            var refused = workspace.Run("Train --plan build.plan").Expect(3).Errors;
            Assert.Contains("MLO2133", refused, StringComparison.Ordinal);
            Assert.Contains(why, refused, StringComparison.Ordinal);
            Assert.False(File.Exists(workspace.At("data.lock.json")));
            File.WriteAllText(workspace.At(file), before);
        }
    }

    [Fact]
    public void A_saved_plan_for_forced_steps_forces_them_and_takes_no_other_options()
    {
        using var workspace = Declared();
        workspace.Run("Train").Expect(0);
        workspace.Run("Plan --force=last --out build.plan").Expect(2);

        Assert.Contains("MLO2132", workspace.Run("Train --plan build.plan --force").Expect(1).Errors, StringComparison.Ordinal);
        Assert.Matches("steps/last +ran", workspace.Run("Train --plan build.plan").Expect(0).Output);
    }

    [Theory]
    [InlineData("", "MLO2131")]
    [InlineData("{}", "MLO2131")]
    [InlineData("{\"digest\":\"x\",\"format\":\"mlops-plan/9\",\"plan\":{}}", "MLO2131")]
    [InlineData(null, "MLO2130")]
    public void What_is_no_plan_is_refused(string? content, string code)
    {
        using var workspace = Declared();
        if (content is not null)
        {
            workspace.Write("build.plan", content);
        }

        Assert.Contains(code, workspace.Run("Train --plan build.plan").Expect(1).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_that_was_edited_is_refused()
    {
        using var workspace = Declared();
        workspace.Run("Plan --out build.plan").Expect(2);
        workspace.Replace("build.plan", "steps/last", "steps/lost");

        Assert.Contains("MLO2131", workspace.Run("Train --plan build.plan").Expect(1).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_tells_skipped_restored_and_rerun_apart()
    {
        using var workspace = Declared();
        workspace.Run("Train").Expect(0);
        Commit(workspace, "one");
        workspace.Write("in.txt", "one and more");
        workspace.Run("Train").Expect(0);

        var skipped = workspace.Run("Explain").Expect(0).Output;
        Assert.Contains("steps/first: inputs in.txt changed", skipped, StringComparison.Ordinal);
        Assert.Contains("steps/last: skipped: steps/first made the same bytes again (early cut-off)", skipped, StringComparison.Ordinal);

        workspace.Write("in.txt", "two");
        workspace.Run("Train").Expect(0);
        Commit(workspace, "two");
        Assert.Matches("steps/last: input mid.txt of steps/first changed: [0-9a-f]{8} → [0-9a-f]{8} \\(ran, [0-9.]+ s\\)", workspace.Run("Explain last HEAD~1").Expect(0).Output);

        workspace.Write("in.txt", "one");
        workspace.Run("Train").Expect(0);
        Assert.Matches("steps/last: input mid.txt of steps/first changed: .* \\(restored\\)", workspace.Run("Explain last").Expect(0).Output);
        Assert.Contains("from HEAD to HEAD~1", workspace.Run("Explain last HEAD HEAD~1").Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal("restored", (string)Assert.Single(workspace.Run("Explain last --json").Expect(0).Json["landed"]!["steps"]!.AsArray())!["status"]!);
        Assert.Contains("unchanged", workspace.Run("Explain last HEAD HEAD").Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_of_what_there_is_not_names_the_nearest()
    {
        using var workspace = Declared();
        workspace.Run("Train").Expect(0);
        Commit(workspace, "one");

        Assert.Contains("did you mean 'last'?", workspace.Run("Explain lats").Expect(1).Errors, StringComparison.Ordinal);
        Assert.Contains("MLO2050", workspace.Run("Explain last nosuchrevision").Expect(1).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_tells_columns_that_came_went_or_changed_their_type()
    {
        using var workspace = new Workspace();
        workspace.Write("t.csv", "id,age,old\n1,30,x\n2,31,y\n");
        workspace.Write("nuke.json", """{ "name": "table", "data": { "t": { "path": "t.csv" } } }""");
        workspace.Run("Import").Expect(0);
        Commit(workspace, "one");
        workspace.Write("t.csv", "id,age,new\n1,30.5,x\n2,31,y\n3,32,z\n");

        const string Columns = "column age integer → number; column new added (string); column old removed (string)";
        Assert.Contains(Columns, workspace.Run("Explain t").Expect(0).Output, StringComparison.Ordinal);
        workspace.Run("Import").Expect(0);
        Assert.Contains(Columns, workspace.Run("Explain t").Expect(0).Output, StringComparison.Ordinal);
    }

    private static Workspace Declared()
    {
        var workspace = new Workspace();
        workspace.Write("in.txt", "one");
        workspace.Write("nuke.json", $"{{ \"name\": \"steps\", \"steps\": {{\n{Steps}\n}} }}\n");
        return workspace;
    }

    private static void Commit(Workspace workspace, string message)
    {
        workspace.Git("init", "-q");
        workspace.Write(".gitignore", ".mlops\n");
        workspace.Git("add", "-A");
        workspace.Git("commit", "-q", "-m", message);
    }
}
