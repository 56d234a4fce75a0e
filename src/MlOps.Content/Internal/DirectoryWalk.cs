using System.Globalization;
using System.IO.Enumeration;
using System.Security.Cryptography;
using System.Text;

namespace MlOps.Content.Internal;

/// <summary>in-toto's dirHash: https://github.com/in-toto/attestation/blob/main/spec/v1/digest_set.md (dirHash1 of Go modules).</summary>
internal sealed class DirectoryWalk(LinkPolicy links, Func<string, FileStat, FileIdentity> identify, Action<string, FileStat, long> observe)
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, RecurseSubdirectories = false, IgnoreInaccessible = false };

    private readonly List<(byte[] Path, Digest Content)> _files = [];
    private readonly List<(ulong Device, ulong Inode)> _open = [];

    public Digest Digest(string directory, string root)
    {
        Walk(directory, directory.Length + 1, root);
        _files.Sort(static (a, b) => a.Path.AsSpan().SequenceCompareTo(b.Path));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (path, content) in _files)
        {
            hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{content.Hex}  ")));
            hash.AppendData(path);
            hash.AppendData("\n"u8);
        }

        return Content.Digest.FromBytes(hash.GetHashAndReset());
    }

    private void Walk(string directory, int prefix, string root)
    {
        var now = FileStat.Now;
        var stat = FileStat.Of(Path.Join(root, directory));
        // Windows has no inodes in FileStat; there the depth of the path ends a loop.
        if (stat.Inode != 0 && _open.Contains((stat.Device, stat.Inode)))
        {
            throw new DiagnosticException(new Diagnostic("MLO1113", "symbolic links lead in a circle") { Where = directory, Mend = "remove the link" });
        }

        _open.Add((stat.Device, stat.Inode));
        observe(directory, stat, now);
        foreach (var name in new FileSystemEnumerable<string>(Path.Join(root, directory), static (ref entry) => entry.FileName.ToString(), Everything))
        {
            Enter($"{directory}/{name}", prefix, root);
        }

        _open.RemoveAt(_open.Count - 1);
    }

    private void Enter(string path, int prefix, string root)
    {
        var stat = links.LookAt(path);
        switch (stat.Kind)
        {
            case FileKind.Directory:
                Walk(path, prefix, root);
                break;
            case FileKind.File when !path.Contains('\n', StringComparison.Ordinal):
                _files.Add((Encoding.UTF8.GetBytes(path[prefix..]), identify(path, stat).Sha256));
                break;
            case FileKind.File:
                throw new DiagnosticException(new Diagnostic("MLO1115", "a file's name contains a line break") { Where = path.Replace("\n", "\\n", StringComparison.Ordinal), Mend = "rename it" });
            case FileKind.Absent:
                throw new DiagnosticException(new Diagnostic("MLO1116", "a link leads to nothing, or the file's name is not UTF-8") { Where = path, Mend = "remove it" });
            default:
                throw StatIndex.NotAFile(path);
        }
    }
}
