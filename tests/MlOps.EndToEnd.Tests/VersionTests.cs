using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.EndToEnd.Tests.Support;

namespace MlOps.EndToEnd.Tests;

/// <summary>Packages' numbers follow from what git has committed: through edits, reverts, branches, merges, and wherever a workspace lies in a repository.</summary>
public sealed class VersionTests(VersionTests.Committed committed) : IClassFixture<VersionTests.Committed>
{
    private const string Lock = "data.lock.json", Model = "models/m/model.json";

    private static readonly Dictionary<string, (Action<Workspace> Edit, string Version, string Reason)> Edits = new(StringComparer.Ordinal)
    {
        ["a parameter"] = (w => w.Replace(Model, "\"l2\": 0.01", "\"l2\": 0.5"), "1.1.0", "the model is another"),
        ["a feature is removed"] = (w => w.Replace(Model, ", \"b\": \"numeric\"", ""), "2.0.0", "callers break: input b is gone"),
        ["a feature is added"] = (w => w.Replace(Model, "\"b\": \"numeric\"", "\"b\": \"numeric\", \"c\": \"numeric\""), "2.0.0", "callers break: input c is new"),
        ["a class is added"] = (w => w.Write("rows.csv", Rows(tiny: true)), "2.0.0", "callers break: class tiny is new"),
        ["the card"] = (w => w.Replace(Model, "Which", "Says which"), "1.0.1", "only its packaging is another"),
        ["the licence"] = (w => w.Replace(Model, "MIT", "Apache-2.0"), "1.0.1", "only its packaging is another"),
    };

    public static TheoryData<string> Names => [.. Edits.Keys];

    [Fact]
    public void The_first_package_is_1_0_0_and_committing_it_changes_nothing()
    {
        Assert.Equal(("1.0.0", "it is the first"), committed.First);
        using var workspace = committed.Copy();

        Assert.Equal(("1.0.0", "as committed"), Package(workspace));
        Assert.Equal("", workspace.Start("git", ["status", "--porcelain"]).Expect(0).Output);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_number_says_what_changed_is_used_up_by_a_commit_only_and_comes_back_with_the_sources(string what)
    {
        using var workspace = committed.Copy();
        var (edit, version, reason) = Edits[what];
        var before = workspace.Lock;
        workspace.Replace(Model, "\"l2\": 0.01", "\"l2\": 0.02");
        Assert.Equal("1.1.0", Package(workspace).Version);
        workspace.Replace(Model, "\"l2\": 0.02", "\"l2\": 0.01");
        edit(workspace);

        Assert.Equal((version, reason), Package(workspace));

        Assert.Equal(["1.0.0", version], Ledger(workspace));
        workspace.Git("checkout", "--quiet", "--", "models", "rows.csv");
        workspace.Run("Train").Expect(0);
        Assert.Equal(before, workspace.Lock);
    }

    [Fact]
    public void Old_sources_get_their_old_number_and_nothing_is_forgotten()
    {
        using var workspace = committed.Copy();
        var old = File.ReadAllText(workspace.At(Model));
        Change(workspace, "0.5");
        File.WriteAllText(workspace.At(Model), old);

        Assert.Equal("1.0.0", Package(workspace).Version);
        Assert.Equal(["1.0.0", "1.1.0"], Ledger(workspace));
    }

    [Theory]
    [InlineData("--ours")]
    [InlineData("--theirs")]
    public void A_merge_keeps_what_both_branches_numbered_whichever_side_of_the_lock_is_taken(string side)
    {
        using var workspace = committed.Copy();
        workspace.Git("checkout", "--quiet", "-b", "other");
        Change(workspace, "0.7");
        var theirs = Digests(workspace)["1.1.0"];
        workspace.Git("checkout", "--quiet", "main");
        Change(workspace, "0.5");
        var ours = Digests(workspace)["1.1.0"];
        workspace.Start("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", "merge", "--quiet", "other"]).Expect(1);
        workspace.Git("checkout", side, "--", Lock);
        workspace.Git("checkout", "--theirs", "--", Model);

        // What the merge leaves is the other branch's content: it keeps the number that the merge gives it.
        Assert.Equal("1.2.0", Package(workspace).Version);

        Assert.Equal([("1.0.0", true), ("1.1.0", true), ("1.2.0", true)], Digests(workspace).Select(entry => (entry.Key, true)));
        Assert.Equal((ours, theirs), (Digests(workspace)["1.1.0"], Digests(workspace)["1.2.0"]));
        Assert.Equal(committed.Digest, Digests(workspace)["1.0.0"]);
        var merged = workspace.Lock;
        workspace.Git("commit", "--quiet", "--all", "--message=merged");
        workspace.Run("Train").Expect(0);
        Assert.Equal(merged, workspace.Lock);
    }

    [Fact]
    public void A_merge_that_git_does_alone_needs_no_training_and_loses_no_number()
    {
        using var workspace = committed.Copy();
        workspace.Git("checkout", "--quiet", "-b", "other");
        workspace.Replace("models/n/model.json", "\"l2\": 0.01", "\"l2\": 0.7");
        workspace.Run("Train").Expect(0);
        workspace.Git("commit", "--quiet", "--all", "--message=n");
        workspace.Git("checkout", "--quiet", "main");
        Change(workspace, "0.5");
        workspace.Git("merge", "--quiet", "--no-edit", "other");
        var merged = workspace.Lock;

        workspace.Run("Train").Expect(0);

        Assert.Equal(merged, workspace.Lock);
        Assert.Equal(["1.0.0", "1.1.0"], Ledger(workspace));
        Assert.Equal(["1.0.0", "1.1.0"], Ledger(workspace, "n"));
    }

    [Fact]
    public void A_deleted_lock_is_restored_byte_for_byte_with_its_ledger()
    {
        using var workspace = committed.Copy();
        Change(workspace, "0.5");
        var before = workspace.Lock;
        File.Delete(workspace.At(Lock));

        workspace.Run("Train").Expect(0);

        Assert.Equal(before, workspace.Lock);
    }

    [Fact]
    public void Moving_HEAD_alone_is_noticed_though_no_file_changed()
    {
        using var workspace = committed.Copy();
        Change(workspace, "0.5");
        workspace.Replace(Model, "\"l2\": 0.5", "\"l2\": 0.7");
        workspace.Run("Train").Expect(0);
        Assert.Equal(["1.0.0", "1.1.0", "1.2.0"], Ledger(workspace));
        workspace.Run("Train").Expect(0);
        workspace.Git("reset", "--quiet", "--soft", "HEAD~1");

        workspace.Run("Train").Expect(0);

        Assert.Equal(["1.0.0", "1.1.0"], Ledger(workspace));
    }

    [Fact]
    public void Without_git_numbers_go_on_after_those_of_the_lock_at_hand()
    {
        using var workspace = committed.Copy();
        Directory.Delete(workspace.At(".git"), recursive: true);
        workspace.Replace(Model, "\"l2\": 0.01", "\"l2\": 0.5");
        Assert.Equal("1.1.0", Package(workspace).Version);
        workspace.Replace(Model, "\"l2\": 0.5", "\"l2\": 0.7");
        Assert.Equal("1.2.0", Package(workspace).Version);
    }

    [Theory]
    [InlineData("subfolder")]
    [InlineData("worktree")]
    [InlineData("detached")]
    [InlineData("shallow")]
    public void Numbers_are_the_same_wherever_a_workspace_lies_in_git(string where)
    {
        using var workspace = committed.Copy();
        Change(workspace, "0.5");
        using var place = new Workspace();
        var root = Placed(workspace, place, where);
        var file = Path.Join(root, Model);
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"l2\": 0.5", "\"l2\": 0.7", StringComparison.Ordinal));

        place.Run($"Train --root {root}").Expect(0);
        place.Run($"Train --root {root}").Expect(0);

        Assert.Equal(["1.0.0", "1.1.0", "1.2.0"], Digests(File.ReadAllText(Path.Join(root, Lock)), "m").Keys);
    }

    [Fact]
    public void Numbers_do_not_begin_anew_where_git_refuses_to_tell()
    {
        using var workspace = committed.Copy();
        using var place = new Workspace();
        var root = Placed(workspace, place, "subfolder");
        var file = Path.Join(root, Model);
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"l2\": 0.01", "\"l2\": 0.7", StringComparison.Ordinal));

        // Git looks no further up than this, and says that there is no repository.
        var trained = place.Run($"Train --root {root}", $"GIT_CEILING_DIRECTORIES={place.Root}").Expect(0);

        Assert.Contains("MLO2295 warning", trained.Errors, StringComparison.Ordinal);
        Assert.Equal(["1.0.0", "1.1.0"], Digests(File.ReadAllText(Path.Join(root, Lock)), "m").Keys);
    }

    private static string Placed(Workspace from, Workspace place, string where)
    {
        switch (where)
        {
            case "subfolder":
                Workspace.CopyFolder(from.Root, place.At("team"));
                Directory.Delete(place.At("team/.git"), recursive: true);
                place.Git("init", "--quiet", "--initial-branch=main");
                place.Git("add", "--all");
                place.Git("commit", "--quiet", "--message=all");
                return place.At("team");
            case "worktree":
                from.Git("worktree", "add", "--quiet", place.At("linked"));
                return place.At("linked");
            case "shallow":
                place.Git("clone", "--quiet", "--depth=1", $"file://{from.Root}", "clone");
                return place.At("clone");
            default:
                place.Git("clone", "--quiet", from.Root, "clone");
                place.Git("-C", "clone", "checkout", "--quiet", "--detach");
                return place.At("clone");
        }
    }

    private static void Change(Workspace workspace, string l2)
    {
        workspace.Replace(Model, "\"l2\": 0.01", $"\"l2\": {l2}");
        Commit(workspace, "1.1.0");
    }

    private static void Commit(Workspace workspace, string version)
    {
        Assert.Equal(version, Package(workspace).Version);
        workspace.Git("commit", "--quiet", "--all", $"--message={version}");
    }

    private static (string Version, string Reason) Package(Workspace workspace)
    {
        var package = workspace.Run("Package --model m --json").Expect(0).Json["packages"]![0]!;
        return ((string)package["version"]!, (string)package["reason"]!);
    }

    private static string[] Ledger(Workspace workspace, string model = "m") => [.. Digests(workspace.Lock, model).Keys];

    private static SortedDictionary<string, string> Digests(Workspace workspace) => Digests(workspace.Lock, "m");

    private static SortedDictionary<string, string> Digests(string lockText, string model) =>
        new(JsonNode.Parse(lockText)!["models"]![model]!["versions"]!.AsObject().ToDictionary(entry => entry.Key, entry => (string)entry.Value!), StringComparer.Ordinal);

    private static string Rows(bool tiny) => "a,b,c,y\n" + string.Concat(Enumerable.Range(0, 120).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i % 10},{i % 7},{i % 3},{(tiny && i % 10 == 0 ? "tiny" : i % 10 > 4 ? "high" : "low")}\n")));

    /// <summary>A repository with two small models, each trained and committed as 1.0.0.</summary>
    public sealed class Committed : IDisposable
    {
        private readonly Workspace _workspace = new();

        public Committed()
        {
            _workspace.Write(".gitignore", ".mlops/\n");
            _workspace.Write("nuke.json", """{ "name": "numbered", "data": { "rows": { "path": "rows.csv" } } }""");
            _workspace.Write("rows.csv", Rows(tiny: false));
            foreach (var model in new[] { "m", "n" })
            {
                _workspace.Write($"models/{model}/model.json", """
                    { "task": "multiclass", "data": "rows", "label": "y", "license": "MIT", "card": { "description": "Which half." },
                      "features": { "a": "numeric", "b": "numeric" }, "trainer": { "name": "linear", "l2": 0.01 } }
                    """);
            }

            _workspace.Git("init", "--quiet", "--initial-branch=main");
            First = Package(_workspace);
            Digest = Digests(_workspace)["1.0.0"];
            _workspace.Run("Train").Expect(0);
            _workspace.Git("add", "--all");
            _workspace.Git("commit", "--quiet", "--message=first");
        }

        public (string Version, string Reason) First { get; }

        public string Digest { get; }

        internal Workspace Copy()
        {
            var copy = new Workspace();
            Workspace.CopyFolder(_workspace.Root, copy.Root);
            return copy;
        }

        public void Dispose() => _workspace.Dispose();
    }
}
