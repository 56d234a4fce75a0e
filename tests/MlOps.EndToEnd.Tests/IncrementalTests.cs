using System.Text.Json.Nodes;
using MlOps.EndToEnd.Tests.Support;

namespace MlOps.EndToEnd.Tests;

/// <summary>What reruns after a change, and what does not. Each test changes one thing in trained samples.</summary>
public sealed class IncrementalTests : IClassFixture<IncrementalTests.Trained>
{
    private readonly Trained _trained;

    public IncrementalTests(Trained trained) => _trained = trained;

    [Fact]
    public void Touching_a_file_reruns_nothing()
    {
        using var samples = _trained.Copy();
        File.SetLastWriteTimeUtc(samples.At("models/churn/data/customers.csv"), new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.SetLastWriteTimeUtc(samples.At("models/churn/model.json"), new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        Assert.Empty(NotUpToDate(samples.Run("Train --json").Expect(0)));
    }

    [Fact]
    public void A_same_size_edit_with_its_old_time_restored_is_noticed()
    {
        using var samples = _trained.Copy();
        samples.Run("Train").Expect(0);
        var path = samples.At("models/churn/data/customers.csv");
        var time = File.GetLastWriteTimeUtc(path);
        var bytes = File.ReadAllBytes(path);
        var digit = Array.FindLastIndex(bytes, b => b is >= (byte)'0' and < (byte)'9');
        bytes[digit]++;
        File.WriteAllBytes(path, bytes);
        File.SetLastWriteTimeUtc(path, time);

        Assert.Contains("data/customers", NotUpToDate(samples.Run("Train --json").Expect(0)));
    }

    [Fact]
    public void One_row_more_reruns_exactly_that_models_steps_and_Explain_says_so()
    {
        using var samples = _trained.Copy();
        samples.Write(".gitignore", ".mlops/\n");
        samples.Git("init", "--quiet");
        samples.Git("add", "--all");
        samples.Git("commit", "--quiet", "--message=trained");
        var path = samples.At("models/churn/data/customers.csv");
        var first = File.ReadLines(path).ElementAt(1);
        File.AppendAllText(path, first + "\n");
        var before = samples.Lock;

        Assert.Contains("+1 row", samples.Run("Explain").Expect(0).Output, StringComparison.Ordinal);
        var ran = NotUpToDate(samples.Run("Train --json").Expect(0));

        Assert.Equal(["churn/evaluate", "churn/explain", "churn/gate", "churn/package", "churn/prepare", "churn/train", "data/customers"], ran.Order(StringComparer.Ordinal));
        Assert.Contains("+1 row", samples.Run("Explain").Expect(0).Output, StringComparison.Ordinal);
        Assert.InRange(ChangedLines(before, samples.Lock), 1, 40);
    }

    [Fact]
    public void One_parameter_reruns_train_and_what_follows_and_back_again_runs_nothing()
    {
        using var samples = _trained.Copy();
        samples.Git("init", "-q");
        samples.Git("add", "nuke.json", "data.lock.json", "models");
        samples.Git("commit", "-qm", "samples");
        var before = samples.Lock;
        samples.Replace("models/bike-demand/model.json", "\"trees\": 300", "\"trees\": 60");

        Assert.Contains("300 → 60", samples.Run("Explain").Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("300 → 60", samples.Run("Plan").Expect(2).Output, StringComparison.Ordinal);
        var changed = samples.Run("Train --json");
        var ran = NotUpToDate(changed);
        var lines = ChangedLines(before, samples.Lock);
        samples.Replace("models/bike-demand/model.json", "\"trees\": 60", "\"trees\": 300");
        var back = samples.Run("Train --json").Expect(0).Json["steps"]!.AsArray();

        Assert.Equal(["bike-demand/evaluate", "bike-demand/explain", "bike-demand/gate", "bike-demand/package", "bike-demand/train"], ran.Order(StringComparer.Ordinal));
        Assert.InRange(lines, 1, 40);
        Assert.DoesNotContain(back, step => (string)step!["status"]! == "ran");
        Assert.Equal(before, samples.Lock);
    }

    [Fact]
    public void A_feature_renamed_in_nothing_but_order_changes_nothing()
    {
        using var samples = _trained.Copy();
        samples.Replace("models/churn/model.json", "\"age\": \"numeric\",\n    \"region\": \"categorical\",", "\"region\": \"categorical\",\n    \"age\": \"numeric\",");

        Assert.Empty(NotUpToDate(samples.Run("Train --json").Expect(0)));
    }

    [Fact]
    public void The_same_table_in_other_bytes_is_imported_again_and_trains_nothing()
    {
        using var samples = _trained.Copy();
        samples.Replace("models/churn/data/customers.csv", "\n", "\r\n");
        samples.Replace("models/churn/data/customers.csv", ",yes\r\n", ",\"yes\"\r\n");

        Assert.Equal(["data/customers"], NotUpToDate(samples.Run("Train --json").Expect(0)));
    }

    [Fact]
    public void Force_runs_a_step_that_is_up_to_date_and_gives_the_same_lock()
    {
        using var samples = _trained.Copy();
        var before = samples.Lock;

        var steps = samples.Run("Train --force=churn/evaluate --json").Expect(0).Json["steps"]!.AsArray();

        Assert.Equal("ran", (string)steps.Single(step => (string)step!["step"]! == "churn/evaluate")!["status"]!);
        Assert.Equal(before, samples.Lock);
    }

    /// <summary>Lines that a diff marks, added and removed alike counted once per side's longer run.</summary>
    private static int ChangedLines(string before, string after)
    {
        var old = before.Split('\n').ToList();
        var now = after.Split('\n').ToList();
        return Math.Max(old.Except(now).Count(), now.Except(old).Count());
    }

    private static List<string> NotUpToDate(Ran ran) =>
        [.. ran.Json["steps"]!.AsArray().Where(step => (string)step!["status"]! != "up to date").Select(step => (string)step!["step"]!)];

    /// <summary>Samples trained once; each test works on a copy of its own, store included.</summary>
    public sealed class Trained : IDisposable
    {
        private readonly Workspace _samples = Workspace.OfSamples();

        public Trained() => _samples.Run("Train").Expect(0);

        internal Workspace Copy()
        {
            var copy = new Workspace();
            Workspace.CopyFolder(_samples.Root, copy.Root);
            return copy;
        }

        public void Dispose() => _samples.Dispose();
    }
}
