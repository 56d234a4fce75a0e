using MlOps.Pipelines;

namespace MlOps.Tests.Pipelines.Packages;

public sealed class GitFolderTests : IDisposable
{
    private readonly GitRepository _repository = new();

    public void Dispose() => _repository.Dispose();

    [Fact]
    public void A_folder_below_is_part_of_the_repository()
    {
        var below = Directory.CreateDirectory(Path.Join(_repository.Root, "team", "models")).FullName;
        Assert.Equal(new GitFolder(At(".git"), At(".git")), GitFolder.Find(below));
        Assert.Contains(At(".git/refs/heads/main"), GitFolder.Find(below)!.Heads());
    }

    [Fact]
    public void A_linked_worktree_has_a_HEAD_of_its_own_and_shares_branches()
    {
        _repository.Commit();
        _repository.Git("worktree", "add", "--quiet", At("linked"), "-b", "other");
        var found = GitFolder.Find(At("linked"))!;
        Assert.Equal((At(".git/worktrees/linked"), At(".git")), (Path.GetFullPath(found.Own), Path.GetFullPath(found.Common)));
        Assert.Contains(Path.Join(found.Common, "refs/heads/other"), found.Heads());
        Assert.Empty(found.Merging);
    }

    [Fact]
    public void A_repository_that_lies_elsewhere_is_found_by_its_file()
    {
        _repository.Git("init", "--quiet", $"--separate-git-dir={At("elsewhere")}", At("inside"));
        Assert.Equal(At("elsewhere"), GitFolder.Find(At("inside"))!.Own);
    }

    [Fact]
    public void A_merge_that_waits_is_seen()
    {
        _repository.Commit(("a", "1"));
        _repository.Git("checkout", "--quiet", "-b", "other");
        _repository.Commit(("a", "2"));
        _repository.Git("checkout", "--quiet", "main");
        _repository.Commit(("b", "3"));
        _repository.Git("merge", "--quiet", "--no-commit", "other");
        Assert.Single(GitFolder.Find(_repository.Root)!.Merging);
        _repository.Commit();
        Assert.Empty(GitFolder.Find(_repository.Root)!.Merging);
    }

    [Fact]
    public void A_detached_HEAD_is_a_file_alone()
    {
        _repository.Commit();
        _repository.Git("checkout", "--quiet", "--detach");
        Assert.DoesNotContain(At(".git/refs/heads/main"), GitFolder.Find(_repository.Root)!.Heads());
    }

    [Fact]
    public void Outside_of_git_there_is_none()
    {
        Directory.Delete(At(".git"), recursive: true);
        Assert.Null(GitFolder.Find(_repository.Root));
    }

    private string At(string path) => Path.Join(_repository.Root, path);
}
