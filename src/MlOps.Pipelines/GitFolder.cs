namespace MlOps.Pipelines;

/// <summary>Where git keeps what a workspace's HEAD is.</summary>
/// <param name="Own">The folder of HEAD: of a linked worktree its own.</param>
/// <param name="Common">The folder of branches, which worktrees share.</param>
internal sealed record GitFolder(string Own, string Common)
{
    private const string Link = "gitdir:", Reference = "ref:";

    /// <summary>The repository that a folder is part of; null if it is in none.</summary>
    public static GitFolder? Find(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            var git = Path.Join(at.FullName, ".git");
            if (Directory.Exists(git))
            {
                return new(git, git);
            }

            if (Line(git) is { } line && line.StartsWith(Link, StringComparison.Ordinal))
            {
                var own = Path.GetFullPath(line[Link.Length..].Trim(), at.FullName);
                return new(own, Line(Path.Join(own, "commondir")) is { } common ? Path.GetFullPath(common, own) : own);
            }
        }

        return null;
    }

    /// <summary>Where a repository would be, if a folder became part of one.</summary>
    public static IEnumerable<string> Places(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            yield return Path.Join(at.FullName, ".git");
        }
    }

    /// <summary>Whether a merge has begun and is not committed.</summary>
    public bool IsMerging => File.Exists(Path.Join(Own, "MERGE_HEAD"));

    /// <summary>The files that are written when HEAD becomes another commit, or a merge begins.</summary>
    public IEnumerable<string> Heads()
    {
        var head = Path.Join(Own, "HEAD");
        string[] files = [head, Path.Join(Own, "MERGE_HEAD"), Path.Join(Common, "packed-refs"), Path.Join(Common, "reftable", "tables.list"), Path.Join(Own, "reftable", "tables.list")];
        return Line(head) is { } line && line.StartsWith(Reference, StringComparison.Ordinal) ? [.. files, Path.Join(Common, line[Reference.Length..].Trim())] : files;
    }

    private static string? Line(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllText(file).Trim() : null;
        }
        catch (Exception e) when (Content.IoFailure.Covers(e))
        {
            return null;
        }
    }
}
