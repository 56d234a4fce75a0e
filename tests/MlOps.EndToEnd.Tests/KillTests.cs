using System.Diagnostics;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>A build killed at any moment leaves lock and store as before or as after, and the next build ends as if nothing had happened.</summary>
public sealed class KillTests
{
    private static readonly int Kills = Environment.GetEnvironmentVariable("MLOPS_TEST_ALL") == "1" ? 150 : 6;
    private static readonly int RemoteKills = Environment.GetEnvironmentVariable("MLOPS_TEST_ALL") == "1" ? 500 : 25;

    [Fact]
    public void Run_steps_survive_kills()
    {
        using var workspace = RunStepTests.Many(40);
        var time = Stopwatch.StartNew();
        workspace.Run("Train").Expect(0);
        Survives(workspace, time.Elapsed, round => workspace.Write("in.txt", $"round {round}"));
    }

    [Fact]
    public void The_samples_survive_kills()
    {
        using var workspace = Workspace.OfSamples();
        var time = Stopwatch.StartNew();
        workspace.Run("Train").Expect(0);
        Survives(workspace, time.Elapsed, round =>
        {
            // Every other round the lock is to be made anew, too; the bytes are always the committed ones.
            Directory.Delete(workspace.At(".mlops/store"), recursive: true);
            if (round % 2 == 0)
            {
                File.Delete(workspace.At("data.lock.json"));
            }
        });
        Assert.Equal(File.ReadAllText(Path.Combine(RepositoryFolder.Root, "data.lock.json")), workspace.Lock);
    }

    [Fact]
    public void Builds_with_parallel_steps_and_a_remote_survive_kills()
    {
        using var workspace = RunStepTests.Many(40);
        workspace.Replace("nuke.json", "\"steps\":", "\"store\": { \"remotes\": [ { \"url\": \"remote\", \"push\": true } ] }, \"steps\":");
        var time = Stopwatch.StartNew();
        workspace.Run("Train").Expect(0);
        Survives(workspace, time.Elapsed, round =>
        {
            if (round > 1)
            {
                Assert.Equal($"round {round - 1}39\n", File.ReadAllText(workspace.At(".mlops/out/out/o39.txt")));
                // Nothing in the store is wrong, and what the remote has of the lock is right.
                workspace.Run("Verify --remote --dry-run").Expect(0);
            }

            workspace.Write("in.txt", $"round {round}");
            if (round % 5 == 0)
            {
                // Only what the remote has can be restored.
                Directory.Delete(workspace.At(".mlops/store"), recursive: true);
                workspace.Write("in.txt", $"round {round - 1}");
                workspace.Run("Train").Expect(0);
                workspace.Write("in.txt", $"round {round}");
            }
        }, RemoteKills);
    }

    /// <summary>Kills builds at moments spread over the time that a whole one takes.</summary>
    private static void Survives(Workspace workspace, TimeSpan whole, Action<int> change, int? kills = null)
    {
        var rounds = kills ?? Kills;
        var random = new Random(2024);
        for (var round = 1; round <= rounds; round++)
        {
            change(round);
            var before = Bytes(workspace);
            workspace.Kill("Train", whole * (random.NextDouble() * 1.1));
            var after = Bytes(workspace);
            Assert.Empty(StoreCheck.Damaged(workspace.Root));

            workspace.Run("Train").Expect(0);
            var expected = workspace.Lock;

            Assert.True(after == before || after == expected, $"round {round}: the lock is neither as before nor as after:\n{after}");
            Assert.Empty(StoreCheck.Damaged(workspace.Root));
            Assert.DoesNotContain(Directory.GetFiles(workspace.Root), file => Path.GetFileName(file).Contains("tmp", StringComparison.Ordinal));
            // The same from nothing but the sources: no result of a killed run was taken for a whole one.
            if (round == rounds)
            {
                Directory.Delete(workspace.At(".mlops"), recursive: true);
                File.Delete(workspace.At("data.lock.json"));
                workspace.Run("Train").Expect(0);
                Assert.Equal(expected, workspace.Lock);
            }
        }
    }

    private static string? Bytes(Workspace workspace) => File.Exists(workspace.At("data.lock.json")) ? workspace.Lock : null;
}
