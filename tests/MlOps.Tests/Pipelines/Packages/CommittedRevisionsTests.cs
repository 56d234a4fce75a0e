using MlOps.Pipelines;
using MlOps.Pipelines.Packages;
using MlOps.Tests.Content;

namespace MlOps.Tests.Pipelines.Packages;

/// <summary>Whose numbers count first in a merge, in a real repository.</summary>
public sealed class CommittedRevisionsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _tips = [];

    public CommittedRevisionsTests()
    {
        Git("init", "--quiet", "--initial-branch=main");
        Commit("first");
        foreach (var branch in new[] { "one", "two" })
        {
            Git("checkout", "--quiet", "-b", branch, "main");
            Commit(branch);
        }

        Git("checkout", "--quiet", "main");
        Commit("main");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Without_a_merge_it_is_HEAD_alone() => Assert.Equal(["HEAD"], Revisions());

    [Fact]
    public void Into_main_HEAD_comes_first_and_then_every_branch_of_an_octopus()
    {
        Git("merge", "--quiet", "--no-commit", "one", "two");
        Assert.Equal(["HEAD", _tips["one"], _tips["two"]], Revisions());
    }

    [Fact]
    public void What_the_protected_branch_has_comes_first_when_it_is_merged_into_another()
    {
        Git("checkout", "--quiet", "one");
        Git("merge", "--quiet", "--no-commit", "main", "two");
        Assert.Equal([_tips["main"], "HEAD", _tips["two"]], Revisions());
    }

    [Fact]
    public void The_protected_branch_is_origins_where_there_is_one()
    {
        Git("update-ref", "refs/remotes/origin/main", "one");
        Git("merge", "--quiet", "--no-commit", "one");
        Assert.Equal([_tips["one"], "HEAD"], Revisions());
    }

    private IReadOnlyList<string> Revisions() => CommittedRevisions.Of(_folder.Root, GitFolder.Find(_folder.Root)!.Merging);

    private void Commit(string name)
    {
        _folder.Write(name, name);
        Git("add", "--all");
        Git("-c", "user.name=tests", "-c", "user.email=tests@example.org", "commit", "--quiet", $"--message={name}");
        _tips[name] = Git("rev-parse", "HEAD").Trim();
    }

    private string Git(params string[] arguments) => System.Text.Encoding.UTF8.GetString(MlOps.Pipelines.Git.Run(_folder.Root, arguments) ?? throw new InvalidOperationException($"git {string.Join(' ', arguments)} failed"));
}
