using MlOps.Content;

namespace MlOps.Tests.Pipelines;

public sealed class IncludeTests
{
    private const string Step = """{ "run": ["${program}"], "writes": ["out/NAME"] }""";

    [Fact]
    public void Included_files_add_data_steps_and_variables_as_if_they_stood_in_nuke_json()
    {
        using var workspace = DeclaredWorkspace.Of($$"""
            "include": ["pipelines/*.json", "teams/**/own.json"], "variables": { "program": "make" },
            "steps": { "first": {{Step}} }
            """.Replace("NAME", "first", StringComparison.Ordinal));
        workspace.Write("pipelines/a.json", $$"""
            { "variables": { "folder": "north" },
              "data": { "hours": { "path": "data/${folder}.csv" } } }
            """);
        workspace.Write("teams/x/y/own.json", $$"""
            { "steps": {
              "second": {{Step}} } }
            """);
        var seen = new List<string>();

        var loaded = workspace.Load(seen.Add);

        Assert.Equal("data/north.csv", loaded.Manifest.Data["hours"].Path);
        Assert.Equal(["first", "second"], loaded.Manifest.Steps.Keys);
        Assert.Equal("pipelines/a.json:2", loaded.At("data", "hours", "path"));
        Assert.Equal("teams/x/y/own.json:2", loaded.At("steps", "second"));
        Assert.Equal("nuke.json:3", loaded.At("steps", "first"));
        Assert.Empty(new[] { "pipelines", "pipelines/a.json", "teams", "teams/x", "teams/x/y", "teams/x/y/own.json" }.Except(seen));
    }

    [Theory]
    [InlineData("\"steps\": { \"first\": { \"run\": [\"x\"], \"writes\": [\"b\"] } }", "MLO2125", "nuke.json:3, more.json:2")]
    [InlineData("\"variables\": { \"program\": 1 }", "MLO2111", "nuke.json:2, more.json:2")]
    [InlineData("\"environments\": {}", "MLO1002", "more.json:2")]
    [InlineData("\"steps\": { \"b\": { \"run\": [\"${prog}\"], \"writes\": [\"b\"] } }", "MLO2114", "more.json:2")]
    [InlineData("\"steps\": { \"b\": { \"run\": [], \"writes\": [\"b\"] } }", "MLO2006", "more.json:2")]
    [InlineData("nonsense", "MLO1001", "more.json:2")]
    public void What_is_wrong_in_an_included_file_is_told_with_its_place(string members, string code, string where)
    {
        using var workspace = DeclaredWorkspace.Of("""
            "include": ["more.json"], "variables": { "program": "make" },
            "steps": { "first": { "run": ["x"], "writes": ["a"] } }
            """);
        workspace.Write("more.json", $"{{\n{members} }}");

        var refused = workspace.Refused();

        Assert.Equal((code, where), (refused.Code, refused.Where));
    }

    [Theory]
    [InlineData("none/*.json", "MLO2124")]
    [InlineData("missing.json", "MLO2124")]
    [InlineData("../*.json", "MLO2004")]
    [InlineData("/etc/*.json", "MLO2004")]
    public void A_pattern_that_includes_nothing_is_refused(string pattern, string code)
    {
        using var workspace = DeclaredWorkspace.Of($"\"include\": [\"{pattern}\"]");

        var refused = workspace.Refused();

        Assert.Equal((code, "nuke.json:2"), (refused.Code, refused.Where));
    }

    [Fact]
    public void A_file_that_two_patterns_name_is_included_once()
    {
        using var workspace = DeclaredWorkspace.Of("\"include\": [\"p/*.json\", \"p/a.json\"]");
        workspace.Write("p/a.json", """{ "data": { "hours": { "path": "hours.csv" } } }""");

        Assert.Single(workspace.Load().Manifest.Data);
    }
}
