using MlOps.Code;

namespace MlOps.Tests.Code;

/// <summary>Which steps of the product's own a change in its code touches.</summary>
public sealed class ProductCodeTests
{
    private static readonly string[] Learners = ["train/boosted-trees", "train/code", "train/linear", "train/onnx", "trial/boosted-trees", "trial/code", "trial/linear", "trial/onnx"];
    private static readonly string[] Measures = ["evaluate/metrics", "explain/explanations", "gate/thresholds"];

    [Theory]
    [InlineData("MlOps.Learning.Internal.Trees.Boosting", "Fit")]
    [InlineData("MlOps.Learning.BoostedTreesOptions", ".ctor")]
    [InlineData("MlOps.Learning.BoostedTreesOptions", "Ranges")]
    public void A_constant_of_boosted_trees_touches_their_steps_only(string type, string method)
    {
        var touched = ProductCode.Touched("MlOps.Learning", type, method);
        Assert.Equal(["train/boosted-trees", "trial/boosted-trees"], touched);
    }

    [Theory]
    [InlineData("MlOps.Learning", "MlOps.Learning.Internal.Linear.Lbfgs", "Minimise", "train/linear trial/linear")]
    [InlineData("MlOps.Pipelines", "MlOps.Pipelines.Actions.PrepareAction", "Check", "prepare/split")]
    [InlineData("MlOps.Pipelines", "MlOps.Pipelines.Actions.TuneAction", "Execute", "tune/trials")]
    [InlineData("MlOps.Pipelines", "MlOps.Pipelines.Actions.ExplainAction", "Column", "explain/explanations")]
    [InlineData("MlOps.Data", "MlOps.Data.CsvReader", "ReadFile", "import/csv")]
    [InlineData("MlOps.Pipelines", "MlOps.Pipelines.Reports.PlanReport", "Text", "")]
    [InlineData("MlOps.Pipelines", "MlOps.Pipelines.Workspace", ".cctor", "")]
    [InlineData("MlOps.Pipelines", "MlOps.Pipelines.Champions.ChampionSource", "Named", "")]
    [InlineData("MlOps.Pipelines", "MlOps.Pipelines.Datasets.DatasetBytes", "Keeps", "")]
    [InlineData("MlOps.Pipelines", "MlOps.Pipelines.Manifests.DurationJson", "Read", "")]
    [InlineData("MlOps.Pipelines", "MlOps.Pipelines.ModelCode.MetricCode", "Of", "evaluate/functions")]
    [InlineData("MlOps.Pipelines", "MlOps.Pipelines.ModelCode.TestRun", "Of", "test/functions")]
    [InlineData("MlOps.Pipelines", "MlOps.Pipelines.ModelCode.OwnTrainer", "Settable", "train/functions")]
    [InlineData("MlOps.Pipelines", "MlOps.Pipelines.ModelCode.OwnCodeExecutor", "CallsCode", "")]
    [InlineData("MlOps.Learning", "MlOps.Learning.CodeTrainer", "Fit", "train/code trial/code")]
    public void A_constant_touches_the_steps_that_reach_it(string assembly, string type, string method, string steps) =>
        Assert.Equal(steps, string.Join(' ', ProductCode.Touched(assembly, type, method)));

    [Fact]
    public void A_constant_of_mathematics_touches_all_that_learn_and_predict()
    {
        var touched = ProductCode.Touched("MlOps.Scoring", "MlOps.Scoring.DeterministicMath", "Exp");
        Assert.Equal([.. Learners.Concat(Measures).Concat(["package/modelpack", "tune/trials"]).Order(StringComparer.Ordinal)], touched);
    }

    [Fact]
    public void Nothing_widens_the_reach_of_a_built_in_step() =>
        Assert.Empty(ProductCode.Fingerprints.SelectMany(entry => entry.Value.Concerns.Where(concern => concern.Kind == CodeConcernKind.Widened).Select(concern => $"{entry.Key}: {concern.Why}")));

    [Fact]
    public void A_train_step_reaches_its_own_trainer_and_no_other()
    {
        Assert.DoesNotContain(ProductCode.Fingerprints["train/linear"].Members, member => member.Name.Contains("Trees.Boosting", StringComparison.Ordinal));
        Assert.DoesNotContain(ProductCode.Fingerprints["train/boosted-trees"].Members, member => member.Name.Contains("Learning.Internal.Linear.", StringComparison.Ordinal));
        Assert.Contains(ProductCode.Fingerprints["train/linear"].Members, member => member.Name.Contains("LinearFit.Fit", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_action_has_an_entry()
    {
        var actions = typeof(MlOps.Pipelines.Workspace).Assembly.GetTypes().Where(type => typeof(MlOps.Engine.IStepExecutor).IsAssignableFrom(type) && type.IsClass);
        var entered = ProductCode.Fingerprints.Values.SelectMany(fingerprint => fingerprint.Members).Where(member => member.From is null).Select(member => member.Name).ToList();
        // Exploring runs the same trials for a time; its result is a number for people. Models' own code is called by the same actions, in another process.
        Assert.All(actions.Where(action => action.Name is not ("ExploreAction" or "OwnCodeExecutor")), action => Assert.Contains(entered, name => name.StartsWith($"{action.FullName}.Execute", StringComparison.Ordinal)));
    }
}
