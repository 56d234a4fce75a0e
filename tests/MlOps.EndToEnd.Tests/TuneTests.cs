using System.Text.Json.Nodes;
using MlOps.EndToEnd.Tests.Support;

namespace MlOps.EndToEnd.Tests;

/// <summary>Options that are searched: trials, their reuse, and what the lock says.</summary>
public sealed class TuneTests : IDisposable
{
    private const string Search = """ "search": { "leaves": [4, 15], "learningRate": { "log": [0.02, 0.3] } } """;
    private readonly Workspace _workspace = Workspace.OfSamples(withLock: false);

    public TuneTests()
    {
        const string File = "models/churn/model.json";
        _workspace.Replace(File, "\"trees\": 150", "\"trees\": 20");
        _workspace.Replace(File, "\"auc\": { \"min\": 0.82 }", "\"auc\": { \"min\": 0.5 }");
        _workspace.Replace(File, "\"gate\"", $"\"tune\": {{ \"trials\": 4,{Search}}},\n  \"gate\"");
    }

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void More_trials_run_those_that_are_new_and_train_only_if_another_is_best()
    {
        var first = Train();
        Assert.Equal((4, 0), Trials(first));
        Assert.Contains("\"tuned\"", _workspace.Lock, StringComparison.Ordinal);

        var (before, best) = (_workspace.Lock, Best());
        _workspace.Replace("models/churn/model.json", "\"trials\": 4", "\"trials\": 6");
        Assert.Contains("parameter tune.trials changed: 4 → 6", _workspace.Run("Plan --model churn").Expect(2).Output, StringComparison.Ordinal);
        var second = Train();
        Assert.Equal((2, 4), Trials(second));
        Assert.Equal(best == Best() ? "up to date" : "ran", Status(second, "churn/train"));
        Assert.InRange(before.Split('\n').Except(_workspace.Lock.Split('\n')).Count(), 1, 40);
        Assert.All(Train()["steps"]!.AsArray(), step => Assert.Equal("up to date", (string?)step!["status"]));
    }

    [Fact]
    public void A_lock_that_was_deleted_is_restored_byte_for_byte_with_any_number_of_jobs()
    {
        Train("--jobs 1");
        var pinned = _workspace.Lock;
        File.Delete(_workspace.At("data.lock.json"));
        Assert.All(Train()["steps"]!.AsArray(), step => Assert.Equal("restored", (string?)step!["status"]));
        Assert.Equal(pinned, _workspace.Lock);

        File.Delete(_workspace.At("data.lock.json"));
        Directory.Delete(_workspace.At(".mlops"), recursive: true);
        Train("--jobs 4");
        Assert.Equal(pinned, _workspace.Lock);
    }

    [Fact]
    public void A_fresh_clone_with_a_filled_remote_runs_nothing()
    {
        using var remote = new Workspace();
        _workspace.Replace("nuke.json", "\"environments\"", $$"""
            "store": { "remotes": [ { "url": "{{remote.At("store")}}", "push": true } ] },
              "environments"
            """);
        Train();
        Directory.Delete(_workspace.At(".mlops"), recursive: true);
        var pinned = _workspace.Lock;
        Assert.DoesNotContain(Train()["steps"]!.AsArray(), step => (string?)step!["status"] == "ran");
        Assert.Equal(pinned, _workspace.Lock);

        // The trials themselves come from there as well.
        _workspace.Replace("models/churn/model.json", "\"trials\": 4", "\"trials\": 5");
        Assert.Equal((1, 4), Trials(Train()));
    }

    [Fact]
    public void A_kill_in_the_middle_keeps_the_trials_that_ended()
    {
        _workspace.Replace("models/churn/model.json", "\"trials\": 4", "\"trials\": 40");
        _workspace.Run("Import").Expect(0);
        var records = _workspace.CountFiles(".mlops/store/records");
        _workspace.During("Train --model churn --jobs 1", () => _workspace.CountFiles(".mlops/store/records") >= records + 4, process => process.Kill());
        var (ran, known) = Trials(Train());
        Assert.Equal(40, ran + known);
        Assert.InRange(known, 2, 40);
    }

    [Fact]
    public void Tune_writes_the_number_of_trials_and_shows_them_best_first()
    {
        _workspace.Run("Train --model churn").Expect(0);
        var declared = File.ReadAllText(_workspace.At("models/churn/model.json"));
        var tuned = _workspace.Run("Tune --model churn --trials 7 --json").Expect(0).Json;
        Assert.Equal(declared.Replace("\"trials\": 4", "\"trials\": 7", StringComparison.Ordinal), File.ReadAllText(_workspace.At("models/churn/model.json")));
        var trials = tuned["trials"]!.AsArray();
        Assert.Equal(7, trials.Count);
        var means = trials.Select(trial => (double)trial!["mean"]!).ToList();
        Assert.Equal(means.OrderDescending(), means);
        Assert.All(trials, trial => Assert.Equal(trial!["scores"]!.AsArray().Average(score => (double)score!), (double)trial["mean"]!, 1e-12));
        Assert.True(means[0] >= (double)trials.Single(trial => (int)trial!["trial"]! == 1)!["mean"]!);
        Assert.Contains("churn: trial", _workspace.Run("Experiments --model churn").Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_budget_of_minutes_becomes_a_number()
    {
        _workspace.Run("Tune --model churn --minutes 0.02").Expect(0);
        var number = (int)JsonNode.Parse(File.ReadAllText(_workspace.At("models/churn/model.json")))!["tune"]!["trials"]!;
        Assert.InRange(number, 1, 10_000);
        Assert.Equal(number, JsonNode.Parse(File.ReadAllText(_workspace.At(".mlops/out/churn/trials.json")))!["trials"]!.AsArray().Count);
        Assert.Contains("up to date", _workspace.Run("Train --model churn").Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_option_that_is_set_is_not_searched()
    {
        Train();
        var pinned = _workspace.Lock;
        var tried = _workspace.Run("Train --model churn --set trainer.leaves=7 --json").Expect(0).Json;
        Assert.Equal((4, 0), Trials(tried));
        tried = _workspace.Run("Train --model churn --set trainer.leaves=7 --set trainer.learningRate=0.1 --json").Expect(0).Json;
        Assert.DoesNotContain(tried["steps"]!.AsArray(), step => (string?)step!["step"] == "churn/tune");
        Assert.Equal(pinned, _workspace.Lock);
    }

    [Theory]
    [InlineData(""" "split": { "by": "group", "column": "customerId", "test": 0.2 } """, "")]
    [InlineData(""" "split": { "by": "stratified", "column": "plan", "test": 0.2 } """, "")]
    [InlineData(""" "split": { "by": "time", "column": "age", "test": 0.2 } """, "\"halving\": { \"factor\": 2, \"rungs\": 2 },")]
    public void Folds_follow_the_split(string split, string more)
    {
        _workspace.Replace("models/churn/model.json", """ "split": { "by": "stratified", "test": 0.2 }""", split.TrimEnd());
        _workspace.Replace("models/churn/model.json", "\"trials\": 4,", $"\"trials\": 4, {more}");
        Assert.Equal(more.Length == 0 ? (4, 0) : (6, 0), Trials(Train()));
        Assert.All(Train()["steps"]!.AsArray(), step => Assert.Equal("up to date", (string?)step!["status"]));
    }

    [Fact]
    public void A_space_with_no_points_is_refused()
    {
        _workspace.Replace("models/churn/model.json", "[4, 15]", "[15, 4]");
        var refused = _workspace.Run("Train").Expect(1).Errors;
        Assert.Contains("MLO2212", refused, StringComparison.Ordinal);
        Assert.Contains("models/churn/model.json:", refused, StringComparison.Ordinal);
    }

    [Fact]
    public void Tune_takes_one_model_that_is_tuned() =>
        Assert.Contains("MLO2219", _workspace.Run("Tune --model bike-demand").Expect(1).Errors, StringComparison.Ordinal);

    private JsonNode Train(string options = "") => _workspace.Run($"Train --model churn --json {options}").Expect(0).Json;

    private string Best() => JsonNode.Parse(_workspace.Lock)!["models"]!["churn"]!["tuned"]!["options"]!.ToJsonString();

    private static (int Ran, int Known) Trials(JsonNode trained)
    {
        var tune = trained["steps"]!.AsArray().Single(step => (string?)step!["step"] == "churn/tune")!;
        return ((int)tune["ran"]!, (int)tune["reused"]!);
    }

    private static string Status(JsonNode trained, string name) => (string)trained["steps"]!.AsArray().Single(step => (string?)step!["step"] == name)!["status"]!;
}
