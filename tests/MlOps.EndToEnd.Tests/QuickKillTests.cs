using System.Diagnostics;
using System.Globalization;
using MlOps.EndToEnd.Tests.Support;

namespace MlOps.EndToEnd.Tests;

/// <summary>Quick builds (decision 10) and checkouts that end before their time: lock and store are as before or as after, and the next build is right.</summary>
public sealed class QuickKillTests
{
    private static readonly bool All = Environment.GetEnvironmentVariable("MLOPS_TEST_ALL") == "1";

    [Theory]
    [InlineData("KILL")]
    [InlineData("INT")]
    public void A_quick_build_may_end_at_any_moment(string signal)
    {
        using var workspace = Chain("true");
        workspace.Run("Train").Expect(0);
        var time = Stopwatch.StartNew();
        AssertQuick(workspace, "measured");
        var (whole, random) = (time.Elapsed, new Random(2024));
        for (var round = All ? 100 : 10; round > 0; round--)
        {
            var before = workspace.Lock;
            workspace.Write("in.txt", $"round {round}");
            var (after, clock) = (whole * (random.NextDouble() * 1.1), Stopwatch.StartNew());
            var ended = workspace.During("Train", () => clock.Elapsed >= after, process => Send(signal, process.Id));
            var left = workspace.Lock;
            Assert.Empty(StoreCheck.Damaged(workspace.Root));

            workspace.Run("Train").Expect(0);

            Assert.Equal($"round {round}", File.ReadAllText(workspace.At(".mlops/out/l.txt")));
            Assert.True(left == before || left == workspace.Lock, $"the lock is neither as before nor as after:\n{left}");
            // A signal before the runtime handles it ends the process by itself.
            Assert.Contains(ended.Exit, signal == "INT" ? (int[])[0, 130] : [0, 137]);
            Assert.True(ended.Exit != 0 || left == workspace.Lock);
            Assert.Empty(Directory.GetFileSystemEntries(workspace.At(".mlops/sandbox")));
            AssertQuick(workspace, $"after round {round}");
        }

        workspace.Run("Verify").Expect(0);
        var expected = workspace.Lock;
        Directory.Delete(workspace.At(".mlops"), recursive: true);
        File.Delete(workspace.At("data.lock.json"));
        workspace.Run("Train").Expect(0);
        Assert.Equal(expected, workspace.Lock);
    }

    [Fact]
    public void Ctrl_C_ends_the_program_of_a_quick_build_and_leaves_everything_as_it_was()
    {
        using var workspace = Chain("echo $$ > ROOT/pid; sleep 600");
        var before = Waiting(workspace, "INT", 130);
        Assert.False(Directory.Exists($"/proc/{File.ReadAllText(workspace.At("pid")).Trim()}"));
        Assert.Empty(Directory.GetFileSystemEntries(workspace.At(".mlops/sandbox")));
        Assert.Equal(before, workspace.Lock);

        AssertQuick(workspace, "go on");
        Assert.Equal("go on", File.ReadAllText(workspace.At(".mlops/out/l.txt")));
    }

    [Fact]
    public void What_the_program_of_a_killed_quick_build_writes_later_reaches_neither_store_nor_outputs()
    {
        using var workspace = Chain("echo $$ > ROOT/pid; while [ ! -e ROOT/late ]; do sleep 0.01; done; echo late >> m.txt; chmod u+w in.txt; echo late >> in.txt; touch ROOT/done");
        var before = Waiting(workspace, "KILL", 137);
        Assert.Equal(before, workspace.Lock);
        workspace.Write("in.txt", "go on");
        workspace.Run("Train").Expect(0);

        workspace.Write("late", "");
        while (Directory.Exists($"/proc/{File.ReadAllText(workspace.At("pid")).Trim()}") && !File.Exists(workspace.At("done")))
        {
            Thread.Yield();
        }

        Assert.Equal("go on", File.ReadAllText(workspace.At(".mlops/out/l.txt")));
        workspace.Run("Verify").Expect(0);
        Assert.Empty(RunStepTests.Ran(workspace.Run("Train --json").Expect(0)));
        workspace.Write("in.txt", "wait");
        workspace.Run("Train").Expect(0);
        Assert.Equal("waitlate\n", File.ReadAllText(workspace.At(".mlops/out/l.txt")));
    }

    [Fact]
    public void A_kill_while_a_directory_is_put_in_its_place_is_mended_by_the_next_build()
    {
        using var workspace = RunStepTests.Steps("""
            "split": { "run": ["sh", "-c", "read t n < in.txt; mkdir -p parts/deep; i=0; while [ $i -lt $n ]; do echo $t $i > parts/deep/$i; i=$((i+1)); done"], "reads": ["in.txt"], "writes": ["parts/"] }
            """);
        (string Text, int Count)[] versions = [("a", 400), ("b", 250)];
        var whole = TimeSpan.Zero;
        foreach (var (text, count) in versions)
        {
            workspace.Write("in.txt", $"{text} {count}\n");
            workspace.Run("Train").Expect(0);
        }

        var random = new Random(2024);
        for (var round = All ? 60 : 6; round >= 0; round--)
        {
            // Another version, or the same where the folder is gone or has lost and gained files.
            var (text, count) = versions[round / 3 % 2];
            workspace.Write("in.txt", $"{text} {count}\n");
            if (round % 3 == 1)
            {
                Directory.Delete(workspace.At(".mlops/out/parts"), recursive: true);
            }
            else if (round % 3 == 2)
            {
                File.Delete(workspace.At(".mlops/out/parts/deep/7"));
                File.WriteAllText(workspace.At(".mlops/out/parts/stray"), "x");
            }

            if (whole == TimeSpan.Zero)
            {
                var time = Stopwatch.StartNew();
                workspace.Run("Train").Expect(0);
                whole = time.Elapsed;
                continue;
            }

            workspace.Kill("Train", whole * (random.NextDouble() * 1.1));

            Assert.Empty(RunStepTests.Ran(workspace.Run("Train --json").Expect(0)));
            Assert.Equal(count, workspace.CountFiles(".mlops/out/parts"));
            Assert.All(Enumerable.Range(0, count), i => Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{text} {i}\n"), File.ReadAllText(workspace.At($".mlops/out/parts/deep/{i}"))));
            Assert.Empty(StoreCheck.Damaged(workspace.Root));
        }
    }

    /// <summary>Two steps, one after the other, and some more; the first does something else where its file says <c>wait</c>.</summary>
    private static Workspace Chain(string waiting)
    {
        var workspace = RunStepTests.Steps("""
            "first": { "run": ["sh", "-c", "cat in.txt > m.txt; if grep -q wait in.txt; then WAITING; fi"], "reads": ["in.txt"], "writes": ["m.txt"] },
            "last": { "run": ["cp", "m.txt", "l.txt"], "reads": ["m.txt"], "writes": ["l.txt"] },
            "other": { "run": ["cp", "more.txt", "o.txt"], "reads": ["more.txt"], "writes": ["o.txt"] },
            "another": { "run": ["cp", "more.txt", "p.txt"], "reads": ["more.txt"], "writes": ["p.txt"] }
            """);
        workspace.Replace("nuke.json", "WAITING", waiting.Replace("ROOT", workspace.Root, StringComparison.Ordinal));
        return workspace;
    }

    /// <summary>Ends a quick build while its program waits; returns the lock as it was.</summary>
    private static string Waiting(Workspace workspace, string signal, int exit)
    {
        workspace.Run("Train").Expect(0);
        AssertQuick(workspace, "more");
        var before = workspace.Lock;
        workspace.Write("in.txt", "wait");
        var ended = workspace.During("Train", () => File.Exists(workspace.At("pid")) && File.ReadAllText(workspace.At("pid")).EndsWith('\n'), process => Send(signal, process.Id));
        ended.Expect(exit);
        Assert.False(IsWhole(ended));
        return before;
    }

    private static void AssertQuick(Workspace workspace, string text)
    {
        workspace.Write("in.txt", text);
        Assert.False(IsWhole(workspace.Run("Train").Expect(0)));
    }

    /// <summary>Only the whole way tells a forecast.</summary>
    private static bool IsWhole(Ran ran) => ran.Errors.Contains(" pending, about ", StringComparison.Ordinal);

    private static void Send(string signal, int process)
    {
        using var kill = Process.Start("kill", ["-s", signal, process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
