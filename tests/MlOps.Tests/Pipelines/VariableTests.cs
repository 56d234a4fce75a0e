namespace MlOps.Tests.Pipelines;

public sealed class VariableTests
{
    [Fact]
    public void A_variable_stands_in_any_text_and_alone_keeps_its_type()
    {
        using var workspace = DeclaredWorkspace.Of("""
            "variables": { "region": "north", "port": 8090, "file": "${region}/hours", "program": ["sh", "-c", "echo $${HOME} ${region}-${port}", "${port}", 7] },
            "data": { "hours": { "path": "data/${file}.csv" } },
            "steps": { "make": { "run": "${program}", "writes": ["data/${file}.csv"] } },
            "environments": { "local": { "driver": "process", "port": "${port}" } }
            """);

        var manifest = workspace.Load().Manifest;

        Assert.Equal("data/north/hours.csv", manifest.Data["hours"].Path);
        Assert.Equal(["sh", "-c", "echo ${HOME} north-8090", "8090", "7"], Assert.Single(manifest.Steps["make"].Run.Commands));
        Assert.Equal(8090, manifest.Environments["local"].Port);
    }

    [Fact]
    public void A_models_own_variables_win_and_may_be_made_of_the_workspaces()
    {
        using var workspace = DeclaredWorkspace.Of("""
            "variables": { "trees": 300, "leaves": 31, "city": "bern" },
            "data": { "hours": { "path": "hours.csv" } }
            """);
        workspace.Write("models/demand/model.json", """
            { "variables": { "trees": 50, "owner": "team ${city}" }, "task": "regression", "data": "hours", "label": "y", "owner": "${owner}",
              "features": { "x": "numeric" }, "trainer": { "name": "boosted-trees", "trees": "${trees}", "leaves": "${leaves}" } }
            """);

        var model = Assert.Single(workspace.Load().Models);

        Assert.Equal("team bern", model.Manifest.Owner);
        Assert.Contains("Trees = 50, Leaves = 31", model.Manifest.Trainer.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"${regoin}\"", "MLO2114", "did you mean '${region}'?")]
    [InlineData("\"${\"", "MLO2113", "write $${")]
    [InlineData("\"${HOME:-x}\"", "MLO2113", "write $${")]
    [InlineData("\"x${list}\"", "MLO2116", "alone")]
    [InlineData("\"${object.sise}\"", "MLO2115", "did you mean 'size'?")]
    [InlineData("\"${region.size}\"", "MLO2115", "name a member")]
    public void A_wrong_reference_is_told_with_its_line(string text, string code, string mend)
    {
        using var workspace = DeclaredWorkspace.Of($$$"""
            "variables": { "region": "north", "list": [1], "object": { "size": 1 } },
            "steps": { "make": { "writes": ["x"], "run": [
              {{{text}}}
            ] } }
            """);

        var refused = workspace.Refused();

        Assert.Equal((code, "nuke.json:4"), (refused.Code, refused.Where));
        Assert.Contains(mend, refused.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_where_a_text_is_wanted_is_refused()
    {
        using var workspace = DeclaredWorkspace.Of("""
            "variables": { "list": [1] },
            "steps": { "make": { "run": ["true"], "writes": ["x"], "reads": [
              "${list}"
            ] } }
            """);

        var refused = workspace.Refused();

        Assert.Equal(("MLO1005", "nuke.json:4"), (refused.Code, refused.Where));
        Assert.Contains("write a text", refused.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void Variables_in_a_circle_are_refused_with_the_circle()
    {
        using var workspace = DeclaredWorkspace.Of("""
            "variables": { "a": "${b}", "b": ["${c}"], "c": { "x": "${a}" } }
            """);

        var refused = workspace.Refused();

        Assert.Equal("MLO2112", refused.Code);
        Assert.Equal("a → b → c → a", refused.Why);
    }

    [Fact]
    public void Lists_of_lists_that_grow_beyond_measure_are_refused()
    {
        static string Hundred(string text) => string.Join(", ", Enumerable.Repeat($"\"{text}\"", 100));
        using var workspace = DeclaredWorkspace.Of($$"""
            "variables": { "a": [{{Hundred("x")}}], "b": [{{Hundred("${a}")}}],
              "c": [{{Hundred("${b}")}}] }
            """);

        var refused = workspace.Refused();

        Assert.Equal(("MLO2126", "nuke.json:3"), (refused.Code, refused.Where));
    }

    [Fact]
    public void A_value_of_the_wrong_type_is_told_on_the_line_that_asks_for_it()
    {
        using var workspace = DeclaredWorkspace.Of("""
            "variables": { "port": "many" },
            "environments": { "local": { "driver": "process",
              "port": "${port}" } }
            """);

        var refused = workspace.Refused();

        Assert.Equal(("MLO1005", "nuke.json:4"), (refused.Code, refused.Where));
        Assert.Equal("it is the text \"many\"", refused.Why);
    }
}
