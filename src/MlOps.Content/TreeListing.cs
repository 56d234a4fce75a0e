using System.Text;
using System.Text.Unicode;
using MlOps.Content.Internal;

namespace MlOps.Content;

/// <summary>What a directory holds: every file below it by path and digest. Its bytes hash to in-toto's dirHash, so a directory's digest is the digest of its listing.</summary>
/// <remarks>Lines of 64 hex digits, two spaces, path, LF, in the order of the paths' bytes; see
/// https://github.com/in-toto/attestation/blob/main/spec/v1/digest_set.md (dirHash1 of Go modules). Folders without files and modes leave no trace.</remarks>
public sealed class TreeListing
{
    private const int HexDigits = 64;

    private IReadOnlyList<TreeEntry>? _entries;

    private TreeListing(ReadOnlyMemory<byte> bytes, IReadOnlyList<TreeEntry>? entries) => (Bytes, _entries) = (bytes, entries);

    /// <summary>The files, in the order of their paths' bytes.</summary>
    public IReadOnlyList<TreeEntry> Entries => _entries ??= Parse(Bytes)!;

    /// <summary>The lines.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The listing of some files in any order.</summary>
    /// <exception cref="ArgumentException">A path is not relative and plain, or stands twice.</exception>
    public static TreeListing Of(IEnumerable<TreeEntry> entries)
    {
        var sorted = entries.Select(entry => (Path: Encoding.UTF8.GetBytes(entry.Path), Entry: entry)).ToArray();
        Array.Sort(sorted, static (a, b) => a.Path.AsSpan().SequenceCompareTo(b.Path));
        using var bytes = new MemoryStream(sorted.Sum(file => HexDigits + 3 + file.Path.Length));
        for (var i = 0; i < sorted.Length; i++)
        {
            if (!IsPlain(sorted[i].Entry.Path) || (i > 0 && sorted[i].Entry.Path == sorted[i - 1].Entry.Path))
            {
                throw new ArgumentException($"'{sorted[i].Entry.Path}' is not a file's path, or stands twice", nameof(entries));
            }

            bytes.Write(Encoding.ASCII.GetBytes(sorted[i].Entry.Content.Hex));
            bytes.Write("  "u8);
            bytes.Write(sorted[i].Path);
            bytes.WriteByte((byte)'\n');
        }

        return new(bytes.ToArray(), Array.ConvertAll(sorted, file => file.Entry));
    }

    /// <summary>The listing of a directory that was walked.</summary>
    /// <exception cref="DiagnosticException">MLO1132: a name cannot stand in a listing.</exception>
    internal static TreeListing Of(TreeRows rows, string directory)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            // What a walk finds has no empty, '.' or '..' segment.
            var path = rows.PathOf(rows[i]);
            if (path.Contains((byte)'\\') || (path.Contains((byte)':') && !IsPlain(rows.NameOf(rows[i]))))
            {
                throw new DiagnosticException(new Diagnostic("MLO1132", "a file's name cannot be kept in a listing")
                {
                    Where = $"{directory}/{rows.NameOf(rows[i])}",
                    Why = "a backslash, or a colon after the first letter, means a folder or a drive on Windows",
                    Mend = "rename it",
                });
            }
        }

        return new(new TreeLines(rows).ToBytes(), null);
    }

    /// <summary>Reads a listing; null if the bytes are not those of one: a path that would leave the directory, is no UTF-8, stands out of order or twice, or is
    /// both a file and a folder.</summary>
    public static TreeListing? TryParse(ReadOnlyMemory<byte> bytes) => Parse(bytes) is { } entries ? new(bytes, entries) : null;

    private static List<TreeEntry>? Parse(ReadOnlyMemory<byte> bytes)
    {
        var entries = new List<TreeEntry>(bytes.Span.Count((byte)'\n'));
        var before = new Ascent();
        for (var rest = bytes; rest.Length > 0;)
        {
            var end = rest.Span.IndexOf((byte)'\n');
            if (end <= HexDigits + 2 || !rest.Span[HexDigits..].StartsWith("  "u8)
                || !Digest.TryParse(Encoding.ASCII.GetString(rest.Span[..HexDigits]), out var content))
            {
                return null;
            }

            var pathBytes = rest[(HexDigits + 2)..end];
            var path = Encoding.UTF8.GetString(pathBytes.Span);
            if (!Utf8.IsValid(pathBytes.Span) || !before.Takes(pathBytes) || !IsPlain(path))
            {
                return null;
            }

            entries.Add(new(path, content));
            rest = rest[(end + 1)..];
        }

        return entries;
    }

    private static bool IsPlain(string path) => WorkspacePath.TryParse(path, out var parsed) && parsed.Value == path && !path.Contains('\n', StringComparison.Ordinal);
}

/// <summary>A file of a directory.</summary>
/// <param name="Path">Relative to the directory, <c>/</c> between segments.</param>
/// <param name="Content">The digest of its bytes.</param>
public readonly record struct TreeEntry(string Path, Digest Content);

/// <summary>Something that a step made: a file, or a directory known by the digest of its <see cref="TreeListing"/>.</summary>
/// <param name="Content">The digest.</param>
/// <param name="IsTree">Whether it is a directory.</param>
public readonly record struct ContentRef(Digest Content, bool IsTree)
{
    /// <summary>What an output or input of this name and digest refers to: names of directories end with <c>/</c>.</summary>
    public static ContentRef Of(string name, Digest content) => new(content, name.EndsWith('/'));
}
