using System.Security.Cryptography;
using System.Text;
using MlOps.EndToEnd.Tests.Support;

namespace MlOps.EndToEnd.Tests;

/// <summary>Gc that is killed, or that runs beside builds: the store stays whole, and nothing that a branch names is lost.</summary>
public sealed class GcKillTests
{
    private static readonly bool All = Environment.GetEnvironmentVariable("MLOPS_TEST_ALL") == "1";

    [Fact]
    public void A_kill_half_way_leaves_a_whole_store_and_all_that_branches_name()
    {
        using var workspace = Branches(RunStepTests.Many(6));
        var (random, halfWay) = (new Random(2024), 0);
        for (var round = All ? 30 : 3; round > 0; round--)
        {
            var before = Stored(workspace).ToHashSet();
            Train(workspace, $"nobody needs {round}");
            AddObjects(workspace, 2000, round);
            var unneeded = Stored(workspace).Where(file => !before.Contains(file)).ToArray();
            Train(workspace, $"round {round}");

            var target = random.GetItems(unneeded, 1)[0];
            workspace.During("Gc --days 0", () => !File.Exists(target), process => process.Kill());

            halfWay += unneeded.Any(File.Exists) ? 1 : 0;
            workspace.Run("Verify").Expect(0);
            foreach (var text in (string[])[$"round {round}", "on main", "on a branch"])
            {
                workspace.Write("in.txt", text);
                Assert.Empty(RunStepTests.Ran(workspace.Run("Train --json").Expect(0)));
                Assert.Equal($"{text}3\n", File.ReadAllText(workspace.At(".mlops/out/out/o3.txt")));
            }

            Train(workspace, $"nobody needs {round}");
            Assert.Equal($"nobody needs {round}3\n", File.ReadAllText(workspace.At(".mlops/out/out/o3.txt")));
        }

        Assert.True(halfWay > 0);
        workspace.Run("Gc --days 0").Expect(0);
        Assert.Equal(0, (int)workspace.Run("Gc --days 0 --dry-run --json").Expect(0).Json["kinds"]!["objects"]!["removed"]!);
    }

    [Theory]
    [InlineData("in.txt")]
    [InlineData("more.txt")] // one step reads it: a quick build
    public async Task Beside_a_build_it_removes_nothing_that_the_build_needs(string edited)
    {
        using var workspace = Branches(RunStepTests.Steps("""
            "first": { "run": ["sh", "-c", "cat in.txt > m.txt; echo 1 >> m.txt"], "reads": ["in.txt"], "writes": ["m.txt"] },
            "parts": { "run": ["sh", "-c", "mkdir parts; for i in 1 2 3 4 5 6 7 8; do cat in.txt > parts/$i; echo $i >> parts/$i; done"], "reads": ["in.txt"], "writes": ["parts/"] },
            "last": { "run": ["sh", "-c", "cat m.txt parts/* > l.txt"], "reads": ["m.txt", "@parts"], "writes": ["l.txt"] },
            "other": { "run": ["sh", "-c", "cat more.txt > o.txt; echo 2 >> o.txt"], "reads": ["more.txt"], "writes": ["o.txt"] },
            "after": { "run": ["cp", "o.txt", "p.txt"], "reads": ["o.txt"], "writes": ["p.txt"] }
            """));
        for (var round = All ? 20 : 3; round > 0; round--)
        {
            // Every other text is one that the store still has, or had until now.
            var text = $"round {(round % 2 == 0 ? round : round + 1)}";
            Train(workspace, $"between {round}");
            workspace.Write(edited, text);
            using var start = new Barrier(2);

            var build = Task.Run(() =>
            {
                start.SignalAndWait();
                return workspace.Run("Train");
            });
            start.SignalAndWait();
            do
            {
                workspace.Run("Gc --days 0").Expect(0);
            }
            while (!build.IsCompleted);

            (await build).Expect(0);
            Assert.StartsWith(text, await File.ReadAllTextAsync(workspace.At(edited == "in.txt" ? ".mlops/out/l.txt" : ".mlops/out/p.txt")), StringComparison.Ordinal);
            workspace.Run("Verify").Expect(0);
            Assert.Empty(RunStepTests.Ran(workspace.Run("Train --json").Expect(0)));
        }

        workspace.Write("more.txt", "more");
        foreach (var text in (string[])["on main", "on a branch"])
        {
            workspace.Write("in.txt", text);
            Assert.Empty(RunStepTests.Ran(workspace.Run("Train --json").Expect(0)));
        }
    }

    /// <summary>A workspace whose branches <c>main</c> and <c>other</c> name results.</summary>
    private static Workspace Branches(Workspace workspace)
    {
        workspace.Write(".gitignore", ".mlops/\n");
        workspace.Git("init", "-q", "-b", "main");
        foreach (var (text, branch) in (ReadOnlySpan<(string, string)>)[("on main", "other"), ("on a branch", "main")])
        {
            Train(workspace, text);
            workspace.Git("add", ".");
            workspace.Git("commit", "-qm", text);
            workspace.Git("checkout", "-q", "-B", branch, branch == "main" ? "main" : "HEAD");
        }

        return workspace;
    }

    /// <summary>Objects that no record names, so that removing takes a while.</summary>
    private static void AddObjects(Workspace workspace, int count, int round)
    {
        for (var i = 0; i < count; i++)
        {
            var bytes = Encoding.UTF8.GetBytes($"{round} {i}");
            var name = Convert.ToHexStringLower(SHA256.HashData(bytes));
            Directory.CreateDirectory(workspace.At($".mlops/store/objects/{name[..2]}"));
            File.WriteAllBytes(workspace.At($".mlops/store/objects/{name[..2]}/{name[2..]}"), bytes);
        }
    }

    private static IEnumerable<string> Stored(Workspace workspace) =>
        ((string[])["objects", "records"]).SelectMany(kind => Directory.GetFiles(workspace.At($".mlops/store/{kind}"), "*", SearchOption.AllDirectories));

    private static void Train(Workspace workspace, string text)
    {
        workspace.Write("in.txt", text);
        workspace.Run("Train").Expect(0);
    }
}
