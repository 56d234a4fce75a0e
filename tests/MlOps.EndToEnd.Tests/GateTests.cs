using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.EndToEnd.Tests.Support;

namespace MlOps.EndToEnd.Tests;

/// <summary>Gates that compare: with the baseline, with the champion of an environment, group with group.</summary>
public sealed class GateTests : IClassFixture<GateTests.Trained>
{
    private const string Model = "models/m/model.json";
    private const string Releases = "models/m/releases.json";
    private const string Zeros = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

    private readonly Trained _trained;

    public GateTests(Trained trained) => _trained = trained;

    [Fact]
    public void The_first_model_passes_and_a_release_makes_no_verdict_stale()
    {
        using var workspace = _trained.Copy();
        var gate = Gate(workspace);
        Assert.Equal("pass", (string)gate["verdict"]!);
        Assert.Equal(("production", null), ((string)gate["champion"]!["environment"]!, gate["champion"]!["model"]));
        Assert.True((double)gate["baseline"]!["gain"]! > 0);
        var before = workspace.Lock;
        Release(workspace, (string)gate["candidate"]!);
        Assert.Empty(Ran(workspace.Run("Train --json").Expect(0)));
        Release(workspace, Zeros);
        Assert.Empty(Ran(workspace.Run("Train --json").Expect(0)));
        Assert.Equal(before, workspace.Lock);
    }

    [Fact]
    public void A_worse_model_is_refused_on_every_run_with_the_evidence_and_a_rebuild_finds_the_same_though_the_champion_left()
    {
        using var workspace = _trained.Copy();
        var champion = (string)Gate(workspace)["candidate"]!;
        Release(workspace, champion);
        Worsen(workspace);
        var refused = workspace.Run("Train").Expect(3);
        Assert.Contains("fail, gain on production -", refused.Output, StringComparison.Ordinal);
        Assert.Contains("rmse is worse than production's", refused.Errors, StringComparison.Ordinal);
        var gate = Gate(workspace);
        Assert.Equal(("fail", champion), ((string)gate["verdict"]!, (string)gate["champion"]!["model"]!));
        Assert.NotEqual(champion, (string)gate["candidate"]!);
        Assert.True((double)gate["champion"]!["gain"]! < 0 && (int)gate["champion"]!["rows"]! > 100);

        Release(workspace, (string)gate["candidate"]!);
        var before = workspace.Lock;
        Assert.Empty(Ran(workspace.Run("Train --json").Expect(3)));
        workspace.Run("Verify --rebuild").Expect(0);
        Assert.Equal(before, workspace.Lock);
        // Who asks again is told of the champion of now, which is the model itself.
        workspace.Run("Train --force=m/gate").Expect(0);
        Assert.Equal(("pass", 0), ((string)Gate(workspace)["verdict"]!, (double)Gate(workspace)["champion"]!["gain"]!));
    }

    [Fact]
    public void A_lock_that_was_put_back_holds_against_a_forced_verdict_and_a_forced_gate_is_not_called_irreproducible()
    {
        using var workspace = _trained.Copy();
        var champion = (string)Gate(workspace)["candidate"]!;
        Release(workspace, champion);
        Worsen(workspace);
        workspace.Run("Train").Expect(3);
        var before = workspace.Lock;
        Release(workspace, (string)Gate(workspace)["candidate"]!);
        Assert.DoesNotContain("MLO3030", workspace.Run("Train --force=m/gate").Expect(0).Errors, StringComparison.Ordinal);
        Assert.NotEqual(before, workspace.Lock);

        workspace.Write("data.lock.json", before);
        workspace.Run("Train").Expect(3);
        Assert.Equal(before, workspace.Lock);
        // Who edits a verdict by hand changes nothing.
        workspace.Replace("data.lock.json", "\"verdict\": \"fail\"", "\"verdict\": \"pass\"");
        workspace.Run("Train").Expect(3);
        Assert.Equal(before, workspace.Lock);
    }

    [Fact]
    public void An_environment_misspelt_in_releases_is_told_on_every_run()
    {
        using var workspace = _trained.Copy();
        workspace.Run("Train").Expect(0);
        workspace.Write(Releases, $"{{ \"prodution\": {{ \"model\": \"{Zeros}\" }} }}\n");
        for (var run = 0; run < 2; run++)
        {
            var told = workspace.Run("Train").Expect(0).Errors;
            Assert.Contains("MLO2230", told, StringComparison.Ordinal);
            Assert.Contains("did you mean 'production'?", told, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_champion_that_learnt_from_todays_test_rows_is_told_and_decides_nothing_against_a_candidate()
    {
        using var workspace = _trained.Copy();
        Release(workspace, (string)Gate(workspace)["candidate"]!);
        workspace.Replace(Model, "\"trainer\"", "\"split\": { \"by\": \"column\", \"column\": \"sex\", \"test\": \"w\" }, \"trainer\"");
        Worsen(workspace);
        for (var run = 0; run < 2; run++)
        {
            Assert.Contains("MLO2231", workspace.Run("Train").Expect(0).Errors, StringComparison.Ordinal);
        }

        Assert.Equal("inconclusive", (string)Gate(workspace)["verdict"]!);
        Assert.InRange((int)Gate(workspace)["champion"]!["learntFromTestRows"]!, 200, 334);
        Assert.Contains("learnt from", (string)Gate(workspace)["reasons"]![0]!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trial_that_fails_its_gate_says_so_and_is_refused()
    {
        using var workspace = _trained.Copy();
        Release(workspace, (string)Gate(workspace)["candidate"]!);
        var before = workspace.Lock;
        Assert.Contains("the gate of m says fail", workspace.Run("Train --set trainer.l2=3000").Expect(3).Output, StringComparison.Ordinal);
        Assert.Equal(before, workspace.Lock);
    }

    [Fact]
    public void Slices_that_stand_twice_or_have_bins_of_texts_are_refused()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Model, "\"gate\": {", "\"evaluate\": { \"slices\": [ \"sex\", \"sex\" ] }, \"gate\": {");
        Assert.Contains("MLO6111", workspace.Run("Train").Expect(1).Errors, StringComparison.Ordinal);
        workspace.Replace(Model, "\"sex\", \"sex\"", "{ \"column\": \"sex\", \"bins\": 2 }");
        var refused = workspace.Run("Train").Expect(1).Errors;
        Assert.Contains("MLO6112", refused, StringComparison.Ordinal);
        Assert.Contains("models/m/model.json:", refused, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_is_explained_as_part_of_its_build_unless_it_says_no()
    {
        using var workspace = _trained.Copy();
        var importance = JsonNode.Parse(File.ReadAllText(workspace.At(".mlops/out/m/importance.json")))!;
        var columns = importance["columns"]!.AsArray().ToDictionary(column => (string)column!["column"]!);
        // y is 2a + b and little else; a has about the spread of b.
        Assert.True((double)columns["a"]!["shapley"]! > 1.5 * (double)columns["b"]!["shapley"]!);
        Assert.True((double)columns["b"]!["interval"]![0]! > 0);
        var points = JsonNode.Parse(File.ReadAllText(workspace.At(".mlops/out/m/dependence.json")))!["columns"]!.AsArray().Single(column => (string)column!["column"]! == "a")!["points"]!.AsArray();
        var (first, last) = (points[0]!, points[^1]!);
        Assert.Equal(2, ((double)last["mean"]! - (double)first["mean"]!) / ((double)last["number"]! - (double)first["number"]!), 0.05);

        var before = (Files(workspace), workspace.Lock);
        workspace.Run("Train --force=m/explain --jobs 1").Expect(0);
        Assert.Equal(before, (Files(workspace), workspace.Lock));
        workspace.Replace(Model, "\"gate\": {", "\"explain\": false, \"gate\": {");
        workspace.Run("Train").Expect(0);
        Assert.Null(JsonNode.Parse(workspace.Lock)!["models"]!["m"]!["steps"]!["explain"]);
        workspace.Replace(Model, "\"explain\": false", "\"explain\": { \"repeats\": 1 }");
        Assert.Contains("MLO6110", workspace.Run("Train").Expect(1).Errors, StringComparison.Ordinal);

        static string Files(Workspace workspace) => string.Concat(new[] { "importance", "dependence" }.Select(name => File.ReadAllText(workspace.At($".mlops/out/m/{name}.json"))));
    }

    [Fact]
    public void Without_lock_store_and_champion_the_verdict_in_git_stands()
    {
        using var workspace = _trained.Copy();
        Release(workspace, (string)Gate(workspace)["candidate"]!);
        Worsen(workspace);
        workspace.Run("Train").Expect(3);
        workspace.Write(".gitignore", ".mlops/\n");
        workspace.Git("init", "--quiet");
        workspace.Git("add", "--all");
        workspace.Git("commit", "--quiet", "--message=refused");
        var before = workspace.Lock;
        Directory.Delete(workspace.At(".mlops"), recursive: true);
        File.Delete(workspace.At("data.lock.json"));
        workspace.Run("Train").Expect(3);
        Assert.Equal(before, workspace.Lock);
    }

    [Fact]
    public void A_committed_lock_that_cannot_be_read_is_warned_of_and_no_obstacle()
    {
        using var workspace = _trained.Copy();
        var text = workspace.Lock;
        File.WriteAllText(workspace.At("data.lock.json"), "{ \"newer\": true }");
        workspace.Git("init", "-q");
        workspace.Git("add", "data.lock.json");
        workspace.Git("commit", "-qm", "newer");
        File.WriteAllText(workspace.At("data.lock.json"), text);
        Assert.Contains("MLO2241 warning", workspace.Run("Train --force=m/gate").Expect(0).Errors, StringComparison.Ordinal);
        Assert.Equal("pass", (string)Gate(workspace)["verdict"]!);
    }

    [Fact]
    public void A_champion_that_cannot_be_had_is_inconclusive_and_warned_of_until_it_comes()
    {
        using var workspace = _trained.Copy();
        var champion = (string)Gate(workspace)["candidate"]!;
        Release(workspace, Zeros);
        Worsen(workspace);
        for (var run = 0; run < 2; run++)
        {
            var trained = workspace.Run("Train").Expect(0);
            Assert.Contains("MLO2041", trained.Errors, StringComparison.Ordinal);
            Assert.Contains("neither in the store nor in a remote", trained.Errors, StringComparison.Ordinal);
            Assert.Equal(("inconclusive", Zeros), ((string)Gate(workspace)["verdict"]!, (string)Gate(workspace)["champion"]!["model"]!));
        }

        Release(workspace, champion);
        Assert.Equal(["m/gate"], Ran(workspace.Run("Train --json").Expect(3)));
        Assert.Equal(("fail", champion), ((string)Gate(workspace)["verdict"]!, (string)Gate(workspace)["champion"]!["model"]!));
    }

    [Fact]
    public void A_champion_comes_from_a_remote_and_gc_keeps_what_releases_name()
    {
        using var workspace = _trained.Copy();
        var champion = (string)Gate(workspace)["candidate"]!;
        workspace.Replace("nuke.json", "\"environments\"", "\"store\": { \"remotes\": [ \"remote\" ] }, \"environments\"");
        workspace.Run("Push").Expect(0);
        Release(workspace, champion);
        Worsen(workspace);
        Directory.Delete(workspace.At(".mlops"), recursive: true);
        workspace.Run("Train").Expect(3);
        Assert.Equal(("fail", champion), ((string)Gate(workspace)["verdict"]!, (string)Gate(workspace)["champion"]!["model"]!));

        workspace.Run("Gc --days 0").Expect(0);
        Assert.True(File.Exists(workspace.At($".mlops/store/objects/{champion[7..9]}/{champion[9..]}")));
    }

    [Fact]
    public void Slices_need_no_feature_train_nothing_anew_and_groups_too_far_apart_are_refused()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Model, "\"gate\": {", "\"evaluate\": { \"slices\": [ \"sex\", { \"column\": \"a\", \"bins\": 2 } ] }, \"gate\": { \"gaps\": { \"sex\": { \"rmse\": { \"max\": 0.1 } } },");
        var trained = workspace.Run("Train").Expect(3);
        Assert.Contains("sex w: rmse", trained.Output, StringComparison.Ordinal);
        Assert.Contains("m/train     up to date", trained.Output, StringComparison.Ordinal);
        var gap = Gate(workspace)["gaps"]!["sex rmse"]!;
        Assert.True((double)gap["difference"]! > 0.1);
        Assert.Contains(" to ", (string)gap["interval"]!, StringComparison.Ordinal);
        var metrics = JsonNode.Parse(File.ReadAllText(workspace.At(".mlops/out/m/metrics.json")))!;
        Assert.Equal(["m", "w"], metrics["slices"]!.AsArray().Where(slice => (string)slice!["column"]! == "sex").Select(slice => (string)slice!["value"]!));
        Assert.Equal("sex w", (string)Fact(workspace, "worstSlice")["slice"]!);
    }

    private static void Worsen(Workspace workspace) => workspace.Replace(Model, "\"name\": \"linear\"", "\"name\": \"linear\", \"l2\": 3000");

    private static void Release(Workspace workspace, string model) =>
        workspace.Write(Releases, $"{{ \"production\": {{ \"model\": \"{model}\", \"version\": \"1.0.0\" }} }}\n");

    private static JsonNode Gate(Workspace workspace) => Fact(workspace, "gate");

    private static JsonNode Fact(Workspace workspace, string name) => JsonNode.Parse(workspace.Lock)!["models"]!["m"]![name]!;

    private static IEnumerable<string> Ran(Ran trained) =>
        trained.Json["steps"]!.AsArray().Where(step => (string)step!["status"]! != "up to date").Select(step => (string)step!["step"]!);

    /// <summary>A small trained workspace whose model errs more for w than for m; each test works on a copy of its own.</summary>
    public sealed class Trained : IDisposable
    {
        private readonly Workspace _workspace = new();

        public Trained()
        {
            _workspace.Write("nuke.json", """
                {
                  "name": "gates",
                  "data": { "m": { "path": "models/m/data/m.csv" } },
                  "environments": { "production": { "driver": "process", "port": 8098 } }
                }
                """);
            _workspace.Write(Model, """
                {
                  "task": "regression",
                  "data": "m",
                  "label": "y",
                  "features": { "a": "numeric", "b": "numeric" },
                  "trainer": { "name": "linear" },
                  "gate": { "baseline": { "metric": "rmse" }, "champion": { "environment": "production", "metric": "rmse" } }
                }
                """);
            var rows = new StringBuilder("a,b,sex,y\n");
            for (var i = 0; i < 1000; i++)
            {
                var (a, b, isW) = (i * 37 % 101, i * 53 % 97, i % 3 == 0);
                rows.Append(CultureInfo.InvariantCulture, $"{a},{b},{(isW ? "w" : "m")},{(2 * a) + b + (isW ? i % 7 : i % 2)}\n");
            }

            _workspace.Write("models/m/data/m.csv", rows.ToString());
            _workspace.Run("Train").Expect(0);
        }

        internal Workspace Copy()
        {
            var copy = new Workspace();
            Workspace.CopyFolder(_workspace.Root, copy.Root);
            return copy;
        }

        public void Dispose() => _workspace.Dispose();
    }
}
