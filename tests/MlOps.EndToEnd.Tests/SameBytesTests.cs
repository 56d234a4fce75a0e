using MlOps.EndToEnd.Tests.Support;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>The committed lock is what the sources give: on any machine, with any number of threads, whatever was built before.</summary>
public sealed class SameBytesTests
{
    private static readonly string Committed = File.ReadAllText(Path.Combine(RepositoryFolder.Root, "data.lock.json"));

    [Theory]
    [InlineData("--jobs 1")]
    [InlineData("--jobs 2", "DOTNET_EnableAVX2=0")]
    [InlineData("--jobs 3", "DOTNET_EnableAVX512=0")]
    [InlineData("--jobs 8", "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA")]
    [InlineData("--jobs 2", "DOTNET_EnableHWIntrinsic=0")]
    public void Training_without_lock_and_store_gives_the_committed_lock(string options, params string[] environment)
    {
        using var samples = Workspace.OfSamples(withLock: false);

        samples.Run($"Train {options}", environment).Expect(0);

        Assert.Equal(Committed, samples.Lock);
    }

    private static readonly Lazy<string> EveryLoss = new(() => LockOfEveryLoss("--jobs 1"));

    [Theory]
    [InlineData("--jobs 2", "DOTNET_EnableAVX2=0")]
    [InlineData("--jobs 3", "DOTNET_EnableAVX512=0")]
    [InlineData("--jobs 8", "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA")]
    [InlineData("--jobs 2", "DOTNET_EnableHWIntrinsic=0")]
    public void Boosted_trees_of_every_loss_are_the_same_bytes(string options, params string[] environment) =>
        Assert.Equal(EveryLoss.Value, LockOfEveryLoss(options, environment));

    // Few rows; gaps; so many that a leaf's rows are counted by several threads.
    private static string LockOfEveryLoss(string options, params string[] environment)
    {
        const string Features = "\"features\": { \"a\": \"numeric\", \"b\": \"numeric\", \"c\": \"categorical\" }, \"weight\": \"w\"";
        const string Trainer = """
            "trainer": { "name": "boosted-trees", "trees": 8, "rowShare": 0.8, "featureShare": 0.7, "l1": 0.1, "maxDepth": 6, "earlyStopping": { "rounds": 3, "share": 0.2 }
            """;
        using var workspace = new Workspace();
        workspace.Write("few.csv", Rows(200, 1));
        workspace.Write("gaps.csv", Rows(2000, 3));
        workspace.Write("many.csv", Rows(40_000, 50));
        workspace.Write("nuke.json", """{ "name": "bytes", "data": { "few": { "path": "few.csv" }, "gaps": { "path": "gaps.csv" }, "many": { "path": "many.csv" } } }""");
        workspace.Write("models/number/model.json", """{ "matrix": { "data": ["few", "gaps", "many"], "loss": ["squared", "absolute", "poisson", "quantile"] }, "task": "regression", "data": "${data}", "label": "y", """
            + $$"""{{Features}}, {{Trainer}}, "loss": "${loss}", "quantile": 0.3 } }""");
        workspace.Write("models/class/model.json", """{ "matrix": { "data": ["few", "gaps", "many"], "task": ["binary", "multiclass"] }, "task": "${task}", "data": "${data}", "label": "${task}", """
            + $$"""{{Features}}, {{Trainer}} } }""");
        workspace.Run($"Train {options}", environment).Expect(0);
        return workspace.Lock;
    }

    private static string Rows(int rows, int gapEvery)
    {
        var text = new System.Text.StringBuilder("a,b,c,w,y,binary,multiclass\n");
        var state = (uint)rows;
        double Next() => (state = (state * 1664525) + 1013904223) / 4294967296.0;
        for (var i = 0; i < rows; i++)
        {
            var (a, b, c, noise) = (Next(), Next(), (int)(Next() * 15), Next());
            var y = (3 * a) + (b > 0.4 ? 2 : 0) + (c % 4) + noise;
            text.Append(System.Globalization.CultureInfo.InvariantCulture,
                $"{(gapEvery > 1 && i % gapEvery == 0 ? "" : a)},{b},c{c},{(i % 3) + 0.5},{y},{(y > 4 ? "yes" : "no")},{(y < 3 ? "low" : y < 5 ? "mid" : "high")}\n");
        }

        return text.ToString();
    }

    [Fact]
    public void Training_again_runs_nothing_and_writes_nothing_here_and_in_a_clone()
    {
        using var samples = Workspace.OfSamples();
        samples.Write(".gitignore", ".mlops/\n");
        samples.Run("Train").Expect(0);
        samples.Git("init", "--quiet", "--initial-branch=main");
        samples.Git("add", "--all");
        samples.Git("commit", "--quiet", "--message=trained");
        var written = File.GetLastWriteTimeUtc(samples.At("data.lock.json"));

        var again = samples.Run("Train --json").Expect(0).Json;

        Assert.All(again["steps"]!.AsArray(), step => Assert.Equal("up to date", (string)step!["status"]!));
        Assert.Equal(written, File.GetLastWriteTimeUtc(samples.At("data.lock.json")));
        Assert.Empty(samples.Start("git", ["status", "--porcelain"]).Expect(0).Output);

        using var clone = new Workspace();
        clone.Git("clone", "--quiet", samples.Root, clone.At("elsewhere"));
        clone.Run($"Train --root {clone.At("elsewhere")}").Expect(0);
        Assert.Empty(clone.Start("git", ["-C", clone.At("elsewhere"), "status", "--porcelain"]).Expect(0).Output);
    }

    [Fact]
    public void A_deleted_lock_is_restored_without_running_anything()
    {
        using var samples = Workspace.OfSamples();
        samples.Run("Train").Expect(0);
        File.Delete(samples.At("data.lock.json"));

        var restored = samples.Run("Train --json").Expect(0).Json;

        Assert.All(restored["steps"]!.AsArray(), step => Assert.Equal("restored", (string)step!["status"]!));
        Assert.Equal(Committed, samples.Lock);
    }

    [Fact]
    public void A_deleted_store_is_filled_again_with_the_bytes_that_the_lock_names()
    {
        using var samples = Workspace.OfSamples();
        samples.Run("Train").Expect(0);
        Directory.Delete(samples.At(".mlops/store"), recursive: true);

        samples.Run("Train").Expect(0);

        Assert.Equal(Committed, samples.Lock);
    }
}
