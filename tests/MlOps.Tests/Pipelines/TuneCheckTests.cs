using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;

namespace MlOps.Tests.Pipelines;

/// <summary>What <c>tune</c> may say, and the trials that follow from it.</summary>
public sealed class TuneCheckTests
{
    [Theory]
    [InlineData("\"search\": {}", "MLO2212", 7)]
    [InlineData("\"search\": {\n\"leaves\": { \"choice\": [] } }", "MLO2212", 8)]
    [InlineData("\"search\": {\n\"leaves\": [63, 15] }", "MLO2212", 8)]
    [InlineData("\"search\": {\n\"learningRate\": { \"log\": [0, 1] } }", "MLO2213", 8, "MLO6001")]
    [InlineData("\"search\": {\n\"l2\": { \"log\": [0, 1] } }", "MLO2213", 8)]
    [InlineData("\"search\": {\n\"leavs\": [15, 63] }", "MLO2210", 8)]
    [InlineData("\"search\": {\n\"maxIterations\": [15, 63] }", "MLO2210", 8)]
    [InlineData("\"search\": {\n\"monotone\": { \"choice\": [1] } }", "MLO2210", 8)]
    [InlineData("\"search\": {\n\"leaves\": [15.5, 63] }", "MLO2218", 8)]
    [InlineData("\"search\": {\n\"loss\": [1, 2] }", "MLO2218", 8)]
    [InlineData("\"search\": {\n\"loss\": { \"choice\": [\"cubic\"] } }", "MLO2218", 8)]
    [InlineData("\"search\": {\n\"leaves\": [1, 63] }", "MLO6001", 8)]
    [InlineData("\"search\": {\n\"leaves\": 3 }", "MLO1007", 8)]
    [InlineData("\"search\": {\n\"leaves\": [1, 2, 3] }", "MLO1007", 8)]
    [InlineData("\"search\": { \"leaves\": [2, 3] },\n\"trials\": 0", "MLO2214", 8)]
    [InlineData("\"search\": { \"leaves\": [2, 3] },\n\"folds\": 1", "MLO2214", 8)]
    [InlineData("\"search\": { \"leaves\": [2, 3] },\n\"halving\": { \"factor\": 1 }", "MLO2214", 8)]
    [InlineData("\"search\": { \"leaves\": [2, 3] },\n\"metric\": \"auc\"", "MLO2216", 8)]
    public void What_is_wrong_is_told_with_its_line(string tune, string code, int line, string? ignored = null)
    {
        using var workspace = Declared(tune);
        var found = Assert.Throws<DiagnosticException>(() => workspace.Steps()).Diagnostics.Where(diagnostic => diagnostic.Code != ignored);
        var refused = Assert.Single(found);
        Assert.Equal((code, $"models/m/model.json:{line}"), (refused.Code, refused.Where));
    }

    [Theory]
    [InlineData("leavs", "did you mean 'leaves'?")]
    [InlineData("earlyStopping.round", "did you mean 'earlyStopping.rounds'?")]
    [InlineData("tolerance", "remove 'tolerance', or choose another trainer")]
    public void An_unknown_option_gets_the_nearest_name(string option, string mend)
    {
        using var workspace = Declared($"\"search\": {{ \"{option}\": [1, 2] }}");
        Assert.Equal(mend, workspace.Refused().Mend);
    }

    [Fact]
    public void A_trainer_that_is_a_file_cannot_be_tuned()
    {
        using var workspace = Declared("\"search\": { \"file\": { \"choice\": [\"a\"] } }", """{ "name": "onnx", "file": "m.onnx" }""");
        Assert.Equal("MLO2211", workspace.Refused().Code);
    }

    [Fact]
    public void A_trial_is_the_same_whatever_the_number_of_trials_and_whatever_else_is_searched()
    {
        var few = Trials("\"trials\": 4, \"search\": { \"leaves\": [15, 63] }");
        var many = Trials("\"trials\": 40, \"search\": { \"leaves\": [15, 63] }");
        var more = Trials("\"trials\": 4, \"search\": { \"leaves\": [15, 63], \"l2\": [0, 9] }");
        Assert.All(Enumerable.Range(1, 4), trial => Assert.Equal(CanonicalJson.Compact(few.Of(trial, 0).Parameters), CanonicalJson.Compact(many.Of(trial, 0).Parameters)));
        Assert.All(Enumerable.Range(2, 3), trial => Assert.Equal((int)few.Options(trial)["leaves"]!, (int)more.Options(trial)["leaves"]!));
        Assert.Equal(CanonicalJson.Compact(few.Of(1, 0).Parameters), CanonicalJson.Compact(more.Of(1, 0).Parameters));
    }

    [Fact]
    public void The_first_trial_is_the_trainer_as_declared_and_a_nested_option_makes_what_it_is_part_of()
    {
        var trials = Trials("\"search\": { \"earlyStopping.rounds\": { \"choice\": [7] }, \"loss\": { \"choice\": [\"absolute\"] }, \"rowShare\": [0.5, 0.5] }");
        Assert.Empty(trials.Options(1));
        Assert.Null(trials.Of(1, 0).Parameters["trainer"]!["earlyStopping"]);
        var trainer = trials.Of(2, 0).Parameters["trainer"]!;
        Assert.Equal("""{"rounds":7,"share":0.1}""", CanonicalJson.Compact(trainer["earlyStopping"]));
        Assert.Equal("absolute", (string?)trainer["loss"]);
        Assert.Equal(0.5, (double)trainer["rowShare"]!);
    }

    [Fact]
    public void Halving_gives_trees_less_trees_and_linear_models_less_rows()
    {
        var trees = Trials("\"halving\": true, \"search\": { \"leaves\": [15, 63] }");
        Assert.Equal([12, 34, 100], Enumerable.Range(0, 3).Select(rung => (int)trees.Of(3, rung).Parameters["trainer"]!["trees"]!));
        var linear = Trials("\"halving\": { \"factor\": 2, \"rungs\": 2 }, \"search\": { \"l2\": [0, 1] }", """{ "name": "linear" }""");
        Assert.Equal([0.5, null], Enumerable.Range(0, 2).Select(rung => (double?)linear.Of(3, rung).Parameters["share"]));
        Assert.Equal(["m/tune/3.1", "m/tune/3"], Enumerable.Range(0, 2).Select(rung => linear.Of(3, rung).Name.Value));
    }

    [Theory]
    [InlineData("{\n  \"tune\": { \"trials\": 4, // four\n \"search\": {} } }", "{\n  \"tune\": { \"trials\": 17, // four\n \"search\": {} } }")]
    [InlineData("{ \"a\": { \"trials\": 1 }, \"tune\" : {\"search\": { \"trials\": 2 } } }", "{ \"a\": { \"trials\": 1 }, \"tune\" : { \"trials\": 17,\"search\": { \"trials\": 2 } } }")]
    [InlineData("\uFEFF{ \"tune\": { \"search\": {}, \"trials\" :9}}", "\uFEFF{ \"tune\": { \"search\": {}, \"trials\" :17}}")]
    public void Writing_the_number_of_trials_leaves_all_else_as_it_is(string before, string after) =>
        Assert.Equal(after, System.Text.Encoding.UTF8.GetString(TrialsEdit.With(System.Text.Encoding.UTF8.GetBytes(before), 17)!));

    private static TrialSteps Trials(string tune, string? trainer = null)
    {
        using var workspace = Declared(tune, trainer);
        return new(workspace.Steps()["m/tune"], MlOps.Pipelines.Manifests.ManifestJson.Default.Options);
    }

    private static DeclaredWorkspace Declared(string tune, string? trainer = null)
    {
        var workspace = DeclaredWorkspace.Of("\"data\": { \"d\": { \"path\": \"d.csv\" } }");
        workspace.Write("models/m/model.json", $$"""
            {
              "task": "regression", "data": "d",
              "label": "y",
              "features": { "x": "numeric" },
              "trainer": {{trainer ?? """{ "name": "boosted-trees", "trees": 100 }"""}},
              "tune": {
              {{tune}} } }
            """);
        return workspace;
    }
}
