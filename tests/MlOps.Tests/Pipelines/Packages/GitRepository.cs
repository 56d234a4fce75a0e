using System.Diagnostics;

namespace MlOps.Tests.Pipelines.Packages;

/// <summary>A real repository in a folder of its own.</summary>
internal sealed class GitRepository : IDisposable
{
    public GitRepository() => Git("init", "--quiet", "--initial-branch=main");

    public string Root { get; } = Directory.CreateTempSubdirectory("mlops-git-").FullName;

    public string Commit(params (string Path, string Text)[] files)
    {
        foreach (var (path, text) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(Root, path))!);
            File.WriteAllText(Path.Join(Root, path), text);
        }

        Git("add", "--all");
        Git("commit", "--quiet", "--allow-empty", "--message=one");
        return Git("rev-parse", "HEAD").Trim();
    }

    public string Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["-c", "user.name=tests", "-c", "user.email=tests@example.org", .. arguments]) { WorkingDirectory = Root, RedirectStandardOutput = true })!;
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        return output;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
