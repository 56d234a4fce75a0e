namespace MlOps.Content.Internal;

/// <summary>Follows symbolic links inside the workspace and refuses those that leave it.</summary>
internal sealed class LinkPolicy(string root)
{
    private readonly HashSet<string> _plainFolders = new(StringComparer.Ordinal);
    private string? _realRoot;

    /// <summary>The stat of what a workspace path leads to.</summary>
    public FileStat Look(string path)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            var folder = path[..slash];
            if (!_plainFolders.Contains(folder))
            {
                if (LookAt(folder).Kind == FileKind.Absent)
                {
                    return default;
                }

                _plainFolders.Add(folder);
            }
        }

        return LookAt(path);
    }

    /// <summary>The stat of what a path leads to whose folder was looked at.</summary>
    public FileStat LookAt(string path)
    {
        var full = Path.Join(root, path);
        var stat = FileStat.OfLink(full);
        if (stat.Kind != FileKind.Link)
        {
            return stat;
        }

        if (Posix.RealPath(full, out var loops) is not { } target)
        {
            return !loops ? default : throw new DiagnosticException(new Diagnostic("MLO1113", "symbolic links lead in a circle")
            {
                Where = path,
                Mend = "remove the link, or point it at a file",
            });
        }

        _realRoot ??= Posix.RealPath(root, out _) ?? root;
        if (target != _realRoot && !target.StartsWith(_realRoot + "/", StringComparison.Ordinal))
        {
            throw new DiagnosticException(new Diagnostic("MLO1114", "a symbolic link leaves the workspace")
            {
                Where = path,
                Why = "what lies outside is not the same on another machine",
                Mend = "copy the file into the workspace, or declare it as a dataset",
            });
        }

        return FileStat.Of(full);
    }
}
