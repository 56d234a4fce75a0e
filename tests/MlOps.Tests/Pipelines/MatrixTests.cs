using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Tests.Pipelines;

public sealed class MatrixTests
{
    private const string Train = """
        "train": { "matrix": { "size": [1, 2], "region": "${regions}" }, "run": ["sh", "t.sh", "${size}"], "reads": ["t.sh"], "writes": ["m/${region}-${size}"] }
        """;

    [Fact]
    public void A_matrix_makes_a_step_per_combination_with_axes_in_ordinal_order()
    {
        using var workspace = DeclaredWorkspace.Of($$"""
            "variables": { "regions": ["north", "south"] },
            "steps": { {{Train}} }
            """);

        var steps = workspace.Steps();

        Assert.Equal(
            ["steps/train@region=north,size=1", "steps/train@region=north,size=2", "steps/train@region=south,size=1", "steps/train@region=south,size=2"],
            steps.Keys.Order(StringComparer.Ordinal));
        var step = steps["steps/train@region=south,size=2"];
        Assert.Equal(["m/south-2"], step.Outputs);
        Assert.Equal("""{"run":["sh","t.sh","2"]}""", CanonicalJson.Compact(step.Parameters));
        Assert.Equal("nuke.json:3", step.Origin);
    }

    [Fact]
    public void Foreach_takes_values_and_objects_that_have_a_name()
    {
        using var workspace = DeclaredWorkspace.Of("""
            "steps": {
              "plain": { "foreach": ["north", 7, true], "run": ["make", "${item}"], "writes": ["${item}.txt"] },
              "rich": { "foreach": [{ "name": "north", "trees": 300 }], "run": ["make", "${item.trees}"], "writes": ["${item.name}.bin"] } }
            """);

        var steps = workspace.Steps();

        Assert.Equal(["steps/plain@7", "steps/plain@north", "steps/plain@true", "steps/rich@north"], steps.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("""{"run":["make","300"]}""", CanonicalJson.Compact(steps["steps/rich@north"].Parameters));
    }

    [Fact]
    public void Excluded_combinations_are_not_made()
    {
        using var workspace = DeclaredWorkspace.Of("""
            "steps": { "t": { "matrix": { "a": [1, 2], "b": ["x", "y"] }, "exclude": [{ "a": 1 }, { "a": 2, "b": "x" }], "run": ["t"], "writes": ["${a}${b}"] } }
            """);

        Assert.Equal(["steps/t@a=2,b=y"], workspace.Steps().Keys);
    }

    [Fact]
    public void Reading_a_declaration_reads_all_its_instances_or_those_that_are_named()
    {
        using var workspace = DeclaredWorkspace.Of($$"""
            "variables": { "regions": ["north", "south"] },
            "steps": { {{Train}},
              "all": { "run": ["cat"], "reads": ["@train"], "writes": ["all"] },
              "one": { "run": ["cat"], "reads": ["@train@size=1,region=north"], "writes": ["one"] },
              "per": { "matrix": { "region": "${regions}" }, "run": ["cat"], "reads": ["@train@region=${region}"], "writes": ["per-${region}"] } }
            """);

        var steps = workspace.Steps();

        Assert.Equal(["m/north-1", "m/north-2", "m/south-1", "m/south-2"], steps["steps/all"].Inputs.Keys);
        Assert.Equal(new OutputInput(StepName.Parse("steps/train@region=north,size=1"), "m/north-1"), Assert.Single(steps["steps/one"].Inputs).Value);
        Assert.Equal(["m/south-1", "m/south-2"], steps["steps/per@region=south"].Inputs.Keys);
    }

    [Theory]
    [InlineData("\"foreach\": [\"a/b\"]", "MLO2121")]
    [InlineData("\"foreach\": [\"\"]", "MLO2121")]
    [InlineData("\"foreach\": [\"a,b\"]", "MLO2121")]
    [InlineData("\"foreach\": [\"a\\n\"]", "MLO2121")]
    [InlineData("\"foreach\": [null]", "MLO2121")]
    [InlineData("\"foreach\": [[1]]", "MLO2121")]
    [InlineData("\"foreach\": [{ \"size\": 1 }]", "MLO2121")]
    [InlineData("\"foreach\": [1, \"1\"]", "MLO2120")]
    [InlineData("\"foreach\": []", "MLO2118")]
    [InlineData("\"foreach\": \"north\"", "MLO2118")]
    [InlineData("\"foreach\": \"${regoins}\"", "MLO2114")]
    [InlineData("\"foreach\": [1], \"matrix\": { \"a\": [1] }", "MLO2117")]
    [InlineData("\"exclude\": [{ \"a\": 1 }]", "MLO2117")]
    [InlineData("\"matrix\": {}", "MLO2118")]
    [InlineData("\"matrix\": [1]", "MLO2118")]
    [InlineData("\"matrix\": { \"a\": [] }", "MLO2118")]
    [InlineData("\"matrix\": { \"a-b\": [1] }", "MLO2110")]
    [InlineData("\"matrix\": { \"a\": [1], \"a\": [2] }", "MLO2120")]
    [InlineData("\"matrix\": { \"a\": [1] }, \"exclude\": [{ \"b\": 1 }]", "MLO2122")]
    [InlineData("\"matrix\": { \"a\": [1, 2] }, \"exclude\": [{ \"a\": 3 }]", "MLO2122")]
    [InlineData("\"matrix\": { \"a\": [1] }, \"exclude\": {}", "MLO2122")]
    [InlineData("\"matrix\": { \"a\": [1] }, \"exclude\": [{ \"a\": 1 }]", "MLO2118")]
    [InlineData("\"foreach\": [1, 2, 3]", "MLO2123")]
    public void What_cannot_make_steps_is_told_once_with_its_line(string makers, string code)
    {
        using var workspace = DeclaredWorkspace.Of($$"""
            "variables": { "regions": ["north"] },
            "steps": { "t": { "run": ["t"],
              "writes": ["fixed"], {{makers}} } }
            """);

        var refused = workspace.Refused();

        Assert.Equal((code, "nuke.json:4"), (refused.Code, refused.Where));
        Assert.NotNull(refused.Mend);
    }

    [Fact]
    public void More_than_ten_thousand_instances_are_refused_with_their_number()
    {
        var values = string.Join(',', Enumerable.Range(0, 100));
        using var workspace = DeclaredWorkspace.Of($$"""
            "steps": { "t": { "matrix": { "a": [{{values}}], "b": [{{values}}], "c": [1, 2] }, "run": ["t"], "writes": ["${a}-${b}-${c}"] } }
            """);

        var refused = workspace.Refused();

        Assert.Equal(("MLO2119", "'t' makes 20,000 instances"), (refused.Code, refused.What));
    }

    [Fact]
    public void A_step_may_not_be_called_as_if_it_were_an_instance()
    {
        using var workspace = DeclaredWorkspace.Of("""
            "steps": { "t@north": { "run": ["t"], "writes": ["x"] } }
            """);

        Assert.Equal("MLO2003", workspace.Refused().Code);
    }

    [Fact]
    public void An_unknown_step_of_many_is_told_with_the_nearest()
    {
        using var workspace = DeclaredWorkspace.Of($$"""
            "variables": { "regions": ["north"] },
            "steps": { {{Train}}, "all": { "run": ["cat"], "reads": ["@trian"], "writes": ["all"] } }
            """);

        var refused = workspace.Refused();

        Assert.Equal("MLO3006", refused.Code);
        Assert.Equal("did you mean '@train'?", refused.Mend);
    }

    [Fact]
    public void A_model_with_a_matrix_is_as_many_models_that_share_a_folder()
    {
        using var workspace = DeclaredWorkspace.Of("""
            "data": { "north": { "path": "north.csv" }, "south": { "path": "south.csv" } }
            """);
        workspace.Write("models/demand/model.json", """
            { "matrix": { "region": ["north", "south"] }, "task": "regression", "data": "${region}", "label": "y",
              "features": { "x": "numeric" }, "trainer": { "name": "boosted-trees" },
              "steps": { "plot": { "run": ["plot"], "reads": ["plot.py", "@train"], "writes": ["${region}.svg"] } } }
            """);

        var steps = workspace.Steps();

        Assert.Equal("models/demand@region=south", steps["demand@region=south/train"].Address.Owner);
        Assert.Equal(new OutputInput(StepName.Parse("data/south"), "table"), (OutputInput)steps["demand@region=south/prepare"].Inputs.Values.Single() with { Output = "table" });
        Assert.Contains(new OutputInput(StepName.Parse("demand@region=north/train"), "model.onnx"), steps["demand@region=north/plot"].Inputs.Values);
        Assert.Equal(new FileInput(WorkspacePath.Parse("models/demand/plot.py")), steps["demand@region=north/plot"].Inputs["plot.py"]);
    }
}
