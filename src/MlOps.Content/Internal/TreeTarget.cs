using System.IO.Enumeration;

namespace MlOps.Content.Internal;

/// <summary>A directory that is made what a listing says. Links below it are never followed: nothing is written through one, and nothing behind one is removed.</summary>
/// <param name="folder">The directory.</param>
/// <param name="removeOthers">Whether what the listing does not name goes, also where it stands in the way; else that is refused.</param>
internal sealed class TreeTarget(string folder, bool removeOthers)
{
    private static readonly EnumerationOptions s_everything = new() { AttributesToSkip = 0, RecurseSubdirectories = true, IgnoreInaccessible = false };

    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);

    /// <summary>Makes sure, before anything is touched, that nothing stands in the way that may not go.</summary>
    /// <exception cref="DiagnosticException">MLO1133: all that stands in the way.</exception>
    public void Check(TreeListing listing)
    {
        if (removeOthers)
        {
            return;
        }

        var problems = new List<Diagnostic>();
        foreach (var entry in listing.Entries)
        {
            foreach (var above in NewFoldersOf(entry.Path))
            {
                Expect(above, isFolder: true, problems);
            }

            Expect(entry.Path, isFolder: false, problems);
        }

        _folders.Clear();
        if (problems.Count > 0)
        {
            throw new DiagnosticException(problems);
        }
    }

    /// <summary>Where a file comes, after its folders were made and what is no file went from its place.</summary>
    public string MakeWay(string path)
    {
        foreach (var above in NewFoldersOf(path))
        {
            var full = Path.Join(folder, above);
            if (FileStat.OfLink(full).Kind is not FileKind.Directory and not FileKind.Absent)
            {
                File.Delete(full);
            }

            Directory.CreateDirectory(full);
        }

        var place = Path.Join(folder, path);
        if (FileStat.OfLink(place).Kind == FileKind.Directory)
        {
            Directory.Delete(place, recursive: true);
        }

        return place;
    }

    /// <summary>Removes the files and links that a listing does not name; folders stay.</summary>
    public void RemoveOthers(TreeListing listing)
    {
        if (!removeOthers)
        {
            return;
        }

        var named = listing.Entries.Select(entry => entry.Path).ToHashSet(StringComparer.Ordinal);
        var others = new FileSystemEnumerable<(string Path, bool IsFolder)>(folder, static (ref entry) => (entry.ToFullPath(), entry.IsDirectory), s_everything)
        {
            ShouldIncludePredicate = static (ref entry) => !entry.IsDirectory || IsLink(entry),
            ShouldRecursePredicate = static (ref entry) => !IsLink(entry),
        };
        foreach (var (path, isFolder) in others.Where(other => !named.Contains(Path.GetRelativePath(folder, other.Path).Replace(Path.DirectorySeparatorChar, '/'))))
        {
            if (isFolder && OperatingSystem.IsWindows())
            {
                Directory.Delete(path);
                continue;
            }

            File.Delete(path);
        }
    }

    private static bool IsLink(in FileSystemEntry entry) => entry.Attributes.HasFlag(FileAttributes.ReparsePoint);

    private List<string> NewFoldersOf(string path)
    {
        var folders = new List<string>();
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            if (_folders.Add(path[..slash]))
            {
                folders.Add(path[..slash]);
            }
        }

        return folders;
    }

    private void Expect(string path, bool isFolder, List<Diagnostic> problems)
    {
        var kind = FileStat.OfLink(Path.Join(folder, path)).Kind;
        if (kind != FileKind.Absent && (isFolder ? kind != FileKind.Directory : kind == FileKind.Directory))
        {
            problems.Add(new("MLO1133", isFolder ? "a file or a link stands where a folder is to be made" : "a folder stands where a file is to be written")
            {
                Where = Path.Join(folder, path),
                Why = "what is written below a link would land elsewhere",
                Mend = "move it away",
            });
        }
    }
}
