using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>A file as it was when it was read: content and stat from one look.</summary>
internal sealed class SeenFile
{
    /// <summary>What is too young to be trusted by its stat is read again by the next command; a large file is not worth that.</summary>
    private const long MostBytes = 8 << 20;

    private readonly string _full;
    private readonly bool _young;

    private SeenFile(string root, string path)
    {
        _full = System.IO.Path.Join(root, path);
        Path = path;
        Stat = FileStat.Of(_full);
        _young = Stat.IsRacy(FileStat.Now);
        if (Stat.Kind != FileKind.File || (_young && Stat.Size > MostBytes))
        {
            throw new IOException($"'{path}' is no file, or a large one that was just written");
        }

        if (Stat.Size > MostBytes)
        {
            Content = FileIdentity.DigestOfFile(_full);
        }
        else
        {
            var bytes = File.ReadAllBytes(_full);
            (Content, Checksum) = (Digest.Of(bytes), BuildMirror.Checksum(bytes));
        }

        if (FileStat.Of(_full) != Stat)
        {
            throw new IOException($"'{path}' changes while it is read");
        }
    }

    public string Path { get; }

    public Digest Content { get; }

    public ulong Checksum { get; }

    public FileStat Stat { get; }

    public RenewedSight Sight => new(Path, Stat) { Checksum = _young ? Checksum : 0 };

    /// <summary>The files that changed, by path; null if anything else did: gone, a link, a folder, a tree, a variable, a store object, the host.</summary>
    public static Dictionary<string, SeenFile>? Of(string root, IReadOnlyList<RecalledChange> changes)
    {
        var seen = new Dictionary<string, SeenFile>(StringComparer.Ordinal);
        foreach (var change in changes)
        {
            if (!change.ByStat || change.Now.Kind != FileKind.File || System.IO.Path.IsPathRooted(change.Path) || change.Path == BuildEngine.LockName
                || change.Path.StartsWith(".mlops/", StringComparison.Ordinal) || !IsPlain(root, change.Path))
            {
                return null;
            }

            seen[change.Path] = new(root, change.Path);
        }

        return seen;
    }

    /// <summary>A file that was just written with some content; null if it no longer has it, or no later look could tell.</summary>
    public static RenewedSight? JustWritten(string root, string path, Digest content)
    {
        var stat = FileStat.Of(System.IO.Path.Join(root, path));
        if (stat.Size > MostBytes && stat.IsRacy(FileStat.Now))
        {
            // Shorter than reading it once more, now and by the next command.
            Thread.Sleep(FileStat.Granularity);
        }

        var seen = stat.Kind == FileKind.File && (stat.Size <= MostBytes || !stat.IsRacy(FileStat.Now)) ? new SeenFile(root, path) : null;
        return seen?.Content == content ? seen.Sight : null;
    }

    /// <summary>Whether it is what it was and never was anything else in between: its stat says so, or where that is too young, its bytes.</summary>
    public bool IsSteady() => FileStat.Of(_full) == Stat && (!_young || BuildMirror.Checksum(File.ReadAllBytes(_full)) == Checksum);

    /// <summary>Whether no link is on the way: where links lead is the whole build's matter.</summary>
    private static bool IsPlain(string root, string path)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            if (FileStat.OfLink(System.IO.Path.Join(root, path[..slash])).Kind != FileKind.Directory)
            {
                return false;
            }
        }

        return FileStat.OfLink(System.IO.Path.Join(root, path)).Kind == FileKind.File;
    }
}
