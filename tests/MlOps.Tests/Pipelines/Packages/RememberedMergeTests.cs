using MlOps.Content;
using MlOps.Pipelines;

namespace MlOps.Tests.Pipelines.Packages;

/// <summary>What <c>Train</c> remembers of a merge: whose numbers count first follows from where the protected branch is.</summary>
public sealed class RememberedMergeTests : IDisposable
{
    private readonly GitRepository _repository = new();

    public RememberedMergeTests()
    {
        _repository.Commit(
            ("nuke.json", """{ "name": "few", "data": { "images": { "path": "images", "format": "files", "store": false } } }"""),
            ("models/README.md", "none yet"),
            ("images/a/1.png", "one"),
            (".gitignore", ".mlops/\ndata.lock.json\n"));
        _repository.Git("checkout", "--quiet", "-b", "other");
        _repository.Commit(("other", "1"));
        _repository.Git("checkout", "--quiet", "-b", "work", "main");
        _repository.Commit(("work", "1"));
    }

    public void Dispose() => _repository.Dispose();

    [Theory]
    [InlineData("refs/heads/main")]
    [InlineData("refs/remotes/origin/main")]
    public async Task It_is_asked_again_when_the_protected_branch_moves(string branch)
    {
        _repository.Git("merge", "--quiet", "--no-commit", "other");
        await RememberedAsync();

        _repository.Git("update-ref", branch, "other");

        Assert.False(IsRemembered);
    }

    [Fact]
    public async Task Without_a_merge_other_branches_may_move()
    {
        await RememberedAsync();

        _repository.Git("update-ref", "refs/heads/main", "other");

        Assert.True(IsRemembered);
    }

    private bool IsRemembered => BuildMirror.TryAnswer(_repository.Root, Workspace.TrainKey) is not null;

    private async Task RememberedAsync()
    {
        // Files that are too young are not trusted: a moment later they are.
        for (var i = 0; i < 10_000 && !IsRemembered; i++)
        {
            Assert.Equal(ExitCode.Done, (await Workspace.Open(new() { Root = _repository.Root }, new Quiet()).TrainAsync(CancellationToken.None)).Exit);
        }

        Assert.True(IsRemembered);
    }

    private sealed class Quiet : IReporter
    {
        public void Warn(Diagnostic diagnostic) => Assert.Fail(diagnostic.ToString());

        public void Note(string line)
        {
        }

        public void Finished(string line)
        {
        }

        public void Live(string line)
        {
        }
    }
}
