using MlOps.EndToEnd.Tests.Support;

namespace MlOps.EndToEnd.Tests;

/// <summary>Results of a model over time: listed, compared, tried.</summary>
public sealed class ExperimentTests : IDisposable
{
    private readonly Workspace _workspace = Workspace.OfSamples();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void Every_result_is_listed_best_first_with_the_parameters_in_which_they_differ()
    {
        _workspace.Run("Train --model churn").Expect(0);
        _workspace.Replace("models/churn/model.json", "\"trees\": ", "\"minRows\": 60, \"trees\": ");
        _workspace.Run("Train --model churn").Expect(0);
        var listed = _workspace.Run("Experiments --model churn --json").Expect(0).Json["churn"]!.AsArray();
        Assert.Equal(2, listed.Count);
        Assert.True((double)listed[0]!["metrics"]!["auc"]! >= (double)listed[1]!["metrics"]!["auc"]!);
        Assert.Single(listed, experiment => (bool)experiment!["pinned"]!);
        var worstFirst = _workspace.Run("Experiments --model churn --by logLoss --json").Expect(0).Json["churn"]!.AsArray();
        Assert.True((double)worstFirst[0]!["metrics"]!["logLoss"]! <= (double)worstFirst[1]!["metrics"]!["logLoss"]!);
        Assert.Contains("trainer.minRows", _workspace.Run("Experiments --model churn").Expect(0).Output, StringComparison.Ordinal);

        var names = listed.Select(experiment => (string)experiment!["name"]!).ToArray();
        var compared = _workspace.Run($"Compare {names[0]} {names[1]} --json").Expect(0).Json;
        Assert.Equal(["train/parameters/trainer/minRows"], compared["differences"]!.AsObject().Select(part => part.Key));
        Assert.Contains("lock", _workspace.Run($"Compare lock {names[0]} --model churn").Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trial_leaves_lock_and_outputs_alone_and_can_be_compared()
    {
        _workspace.Run("Train --model churn").Expect(0);
        var (pinned, model) = (_workspace.Lock, File.ReadAllBytes(_workspace.At(".mlops/out/churn/model.onnx")));
        var tried = _workspace.Run("Train --model churn --set trainer.leaves=4 --set trainer.trees=20 --json").Expect(0).Json;
        Assert.Equal(pinned, _workspace.Lock);
        Assert.Equal(model, File.ReadAllBytes(_workspace.At(".mlops/out/churn/model.onnx")));
        var compared = _workspace.Run($"Compare lock {(string)tried["experiments"]!["churn"]!} --model churn --json").Expect(0).Json;
        Assert.Equal("[15,4]", compared["differences"]!["train/parameters/trainer/leaves"]!.ToJsonString().Replace("\"", "", StringComparison.Ordinal));
        Assert.Contains("up to date", _workspace.Run("Train --model churn").Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal(pinned, _workspace.Lock);

        // What was tried is not computed again once it is declared.
        _workspace.Replace("models/churn/model.json", "\"trees\": 150, \"leaves\": 15", "\"trees\": 20, \"leaves\": 4");
        var steps = _workspace.Run("Train --model churn --json").Expect(0).Json["steps"]!.AsArray();
        Assert.DoesNotContain(steps, step => (string?)step!["status"] == "ran");
    }

    [Theory]
    [InlineData("trainer.leavs=4", "MLO1002")]
    [InlineData("trainer.leaves", "MLO2175")]
    [InlineData("task.kind=4", "MLO2176")]
    public void A_value_that_cannot_be_set_is_refused(string set, string code) =>
        Assert.Contains(code, _workspace.Run($"Train --model churn --set {set}").Expect(1).Errors, StringComparison.Ordinal);

    [Fact]
    public void An_unknown_experiment_is_refused_with_those_there_are()
    {
        var refused = _workspace.Run("Compare lock 12ab34cd --model churn").Expect(1);
        Assert.Contains("MLO2174", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("MLO2170", _workspace.Run("Experiments --model churn --by rmse").Expect(1).Errors, StringComparison.Ordinal);
    }
}
