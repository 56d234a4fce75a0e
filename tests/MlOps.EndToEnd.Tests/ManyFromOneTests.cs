using MlOps.EndToEnd.Tests.Support;

namespace MlOps.EndToEnd.Tests;

/// <summary>Variables, matrices and included files through the real command.</summary>
public sealed class ManyFromOneTests
{
    private const string Parts = """
        { "steps": {
          "part": { "foreach": "${regions}", "run": ["cp", "in.txt", "parts/${item}.txt"], "reads": ["in.txt"], "writes": ["parts/${item}.txt"] },
          "sized": { "matrix": { "region": "${regions}", "size": [1, 2] }, "run": ["sh", "-c", "cat parts/${region}.txt > sized/${region}-${size}.txt"],
                     "reads": ["@part@${region}"], "writes": ["sized/${region}-${size}.txt"] },
          "all": { "run": ["sh", "-c", "cat sized/*.txt > all.txt"], "reads": ["@sized"], "writes": ["all.txt"] } } }
        """;

    [Fact]
    public void One_value_more_runs_its_own_steps_and_those_that_read_all()
    {
        using var workspace = Many("""["north", "south"]""");
        Assert.Equal(["steps/all", "steps/part@north", "steps/part@south", "steps/sized@region=north,size=1", "steps/sized@region=north,size=2", "steps/sized@region=south,size=1", "steps/sized@region=south,size=2"],
            Ran(workspace.Run("Train --json").Expect(0)));
        Assert.Equal("oneoneoneone", File.ReadAllText(workspace.At(".mlops/out/all.txt")));
        Assert.Contains("\"sized@region=north,size=1\": {", workspace.Lock, StringComparison.Ordinal);

        workspace.Replace("nuke.json", "\"south\"", "\"south\", \"west\"");

        Assert.Equal(["steps/all", "steps/part@west", "steps/sized@region=west,size=1", "steps/sized@region=west,size=2"], Ran(workspace.Run("Train --json").Expect(0)));
        Assert.Empty(Ran(workspace.Run("Train --json").Expect(0)));

        workspace.Replace("nuke.json", "\"north\", ", "");
        Assert.Equal(["steps/all"], Ran(workspace.Run("Train --json").Expect(0)));
        Assert.DoesNotContain("north", workspace.Lock, StringComparison.Ordinal);
    }

    [Fact]
    public void Instances_are_forced_planned_and_explained_by_name_or_together()
    {
        using var workspace = Many("""["north", "south"]""");
        workspace.Run("Train").Expect(0);

        Assert.Equal(["steps/sized@region=north,size=1"], Ran(workspace.Run("Train --json --force=sized@size=1,region=north").Expect(0)));
        Assert.Equal(["steps/sized@region=north,size=2", "steps/sized@region=south,size=2"], Ran(workspace.Run("Train --json --force=steps/sized@size=2").Expect(0)));
        Assert.Equal(["steps/part@north", "steps/part@south"], Ran(workspace.Run("Train --json --force=part").Expect(0)));
        Assert.Contains("did you mean 'part'?", workspace.Run("Train --force=prat").Expect(1).Errors, StringComparison.Ordinal);

        workspace.Write("in.txt", "two");
        var plan = workspace.Run("Plan").Expect(2).Output;
        Assert.Matches("steps/part@north +run +[0-9.]+ +input in.txt changed", plan);
        Assert.Contains("steps/part@north: input in.txt changed", workspace.Run("Explain part@north").Expect(0).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("south", workspace.Run("Explain part@north").Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_included_file_is_seen_though_the_last_answer_is_remembered()
    {
        using var workspace = Many("""["north"]""");
        workspace.Run("Train").Expect(0);
        Assert.DoesNotContain(" ran ", workspace.Run("Train").Expect(0).Output, StringComparison.Ordinal);
        Assert.DoesNotContain(" ran ", workspace.Run("Train").Expect(0).Output, StringComparison.Ordinal);

        workspace.Write("pipelines/more.json", """{ "steps": { "more": { "run": ["cp", "in.txt", "more.txt"], "reads": ["in.txt"], "writes": ["more.txt"] } } }""");
        Assert.Matches("steps/more +ran", workspace.Run("Train").Expect(0).Output);

        workspace.Run("Train").Expect(0);
        workspace.Replace("pipelines/more.json", "\"cp\", \"in.txt\"", "\"cp\", \"-p\", \"in.txt\"");
        Assert.Matches("steps/more +ran", workspace.Run("Train").Expect(0).Output);
    }

    [Fact]
    public void Models_of_a_matrix_train_and_answer_under_their_own_names()
    {
        using var workspace = new Workspace();
        var rows = string.Concat(Enumerable.Range(0, 200).Select(i => $"{i % 17},{i * 7 % 23},{(i % 17) + (2 * (i * 7 % 23))}\n"));
        workspace.Write("north.csv", "a,b,y\n" + rows);
        workspace.Write("south.csv", "a,b,y\n1,1,3\n" + rows);
        workspace.Write("nuke.json", """{ "name": "demand", "data": { "north": { "path": "north.csv" }, "south": { "path": "south.csv" } } }""");
        workspace.Write("models/demand/model.json", """
            { "matrix": { "region": ["north", "south"] }, "task": "regression", "data": "${region}", "label": "y",
              "features": { "a": "numeric", "b": "numeric" }, "trainer": { "name": "linear" } }
            """);

        workspace.Run("Train").Expect(0);

        Assert.True(File.Exists(workspace.At(".mlops/out/demand@region=south/model.onnx")));
        workspace.Replace("south.csv", "1,1,3", "1,1,4");
        var again = Ran(workspace.Run("Train --json").Expect(0));
        Assert.Contains("demand@region=south/train", again);
        Assert.DoesNotContain("demand@region=north/train", again);
        Assert.Equal(["demand@region=north/train"], Ran(workspace.Run("Train --json --model demand@region=north --force=demand@region=north/train").Expect(0)));
    }

    private static Workspace Many(string regions)
    {
        var workspace = new Workspace();
        workspace.Write("in.txt", "one");
        workspace.Write("pipelines/parts.json", Parts);
        workspace.Write("nuke.json", $$"""{ "name": "many", "variables": { "regions": {{regions}} }, "include": ["pipelines/*.json"] }""");
        return workspace;
    }

    private static List<string> Ran(Ran ran) =>
        [.. ran.Json["steps"]!.AsArray().Where(step => (string)step!["status"]! == "ran").Select(step => (string)step!["step"]!).Order(StringComparer.Ordinal)];
}
