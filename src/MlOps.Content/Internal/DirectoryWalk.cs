using System.IO.Enumeration;
using System.IO.Hashing;
using System.Text;

namespace MlOps.Content.Internal;

/// <summary>in-toto's dirHash: https://github.com/in-toto/attestation/blob/main/spec/v1/digest_set.md (dirHash1 of Go modules).</summary>
internal sealed class DirectoryWalk(LinkPolicy links, Func<string, FileStat, FileIdentity> identify, Action<string, FileStat, long> observe)
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, RecurseSubdirectories = false, IgnoreInaccessible = false };

    private readonly List<(byte[] Path, FileIdentity Identity)> _files = [];
    private readonly List<(ulong Device, ulong Inode)> _open = [];

    public WorkspaceTree Tree(string directory, string root)
    {
        Walk(directory, directory.Length + 1, root);
        _files.Sort(static (a, b) => a.Path.AsSpan().SequenceCompareTo(b.Path));
        var quick = new XxHash128();
        foreach (var (path, identity) in _files)
        {
            quick.Append(Encoding.ASCII.GetBytes(identity.Xxh128Hex + "  "));
            quick.Append(path);
            quick.Append("\n"u8);
        }

        var listing = TreeListing.Of(_files.Select(file => new TreeEntry(Encoding.UTF8.GetString(file.Path), file.Identity.Sha256)));
        return new(new(Digest.Of(listing.Bytes.Span), quick.GetCurrentHashAsUInt128(), _files.Sum(file => file.Identity.Bytes), _files.Count), listing);
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
                _files.Add((Encoding.UTF8.GetBytes(path[prefix..]), identify(path, stat)));
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
