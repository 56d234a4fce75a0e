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
