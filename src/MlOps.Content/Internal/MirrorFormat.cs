using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Content.Internal;

/// <summary>How a path was looked at.</summary>
internal enum Sight : byte
{
    /// <summary>Its stat.</summary>
    Stat,

    /// <summary>Whether it exists, and how long it is.</summary>
    Existence,

    /// <summary>Everything below it; the stat's inode is the walk's hash. The path ends with <c>/</c>.</summary>
    Tree,
}

/// <summary>What was seen of a path.</summary>
internal sealed record Observation(FileStat Stat, Sight Sight);

/// <summary>The mirror's bytes: magic, checksum, stamp, key, payload, then rows of stat and NUL-terminated path that go to the system call as they lie.</summary>
/// <remarks>No JSON, no LINQ, no hashing library on the way of an answer: it is on the start-up path of every command.</remarks>
internal sealed unsafe class MirrorFormat
{
    private const ulong Magic = 0x33_52_49_4d_53_50_4f_4c; // "LOPSMIR3", little-endian
    private const int HeaderBytes = 36;

    /// <summary>Beyond this many changes the answer is past saving, and looking on costs more than it can bring.</summary>
    private const int MostChanges = 16;

    private readonly byte[] _all;
    private readonly int _payloadAt, _payloadBytes;

    private MirrorFormat(byte[] all, int payloadAt, int payloadBytes) => (_all, _payloadAt, _payloadBytes) = (all, payloadAt, payloadBytes);

    /// <summary>What the rows of environment variables start with; no file's path does: those are absolute, or relative without <c>//</c>.</summary>
    public const string VariableMark = "$//";

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Row
    {
        public ulong Device, Inode;
        public long Size, Modified, Changed;
        public ulong Checksum; // of the bytes, where the stat was too young to be trusted alone; else 0
        public int PathBytes; // without the NUL
        public byte Kind;
        public Sight Sight;
    }

    public byte[] Payload => _all[_payloadAt..(_payloadAt + _payloadBytes)];

    public ulong Stamp => BitConverter.ToUInt64(_all, 28);

    private int RowsAt => _payloadAt + _payloadBytes;

    private int Count => BitConverter.ToInt32(_all, 24);

    public static string PathOf(string root, string key) =>
        Path.Join(root, ".mlops", "mirror", Mix(MemoryMarshal.AsBytes(key.AsSpan())).ToString("x16", CultureInfo.InvariantCulture));

    public static byte[] Write(string key, ReadOnlySpan<byte> payload, Dictionary<string, Observation> seen, ulong stamp)
    {
        using var bytes = new MemoryStream();
        var keyBytes = Encoding.UTF8.GetBytes(key);
        bytes.Write(BitConverter.GetBytes(Magic));
        bytes.Write(BitConverter.GetBytes(0UL));
        bytes.Write(BitConverter.GetBytes(keyBytes.Length));
        bytes.Write(BitConverter.GetBytes(payload.Length));
        bytes.Write(BitConverter.GetBytes(seen.Count));
        bytes.Write(BitConverter.GetBytes(stamp));
        bytes.Write(keyBytes);
        bytes.Write(payload);
        foreach (var (path, (stat, sight)) in seen)
        {
            Write(bytes, ToRow(stat, sight, 0), path);
        }

        return Sealed(bytes.ToArray());
    }

    /// <summary>The mirror that some bytes are; null if they are damaged, of another format or about another key.</summary>
    public static MirrorFormat? TryParse(string key, byte[] all)
    {
        if (all.Length < HeaderBytes || BitConverter.ToUInt64(all, 0) != Magic || BitConverter.ToUInt64(all, 8) != Mix(all.AsSpan(16)))
        {
            return null;
        }

        var (keyBytes, payloadBytes) = (BitConverter.ToInt32(all, 16), BitConverter.ToInt32(all, 20));
        return Encoding.UTF8.GetString(all, HeaderBytes, keyBytes) == key ? new(all, HeaderBytes + keyBytes, payloadBytes) : null;
    }

    /// <summary>What is not as it was; null if that is more than can be listed.</summary>
    public RecalledChange[]? Look(string root)
    {
        var changes = Array.Empty<RecalledChange>();
        using var folder = OperatingSystem.IsLinux() ? Posix.OpenFolder(root) : null;
        var looked = 0L;
        fixed (byte* start = _all)
        {
            var at = start + RowsAt;
            for (var i = 0; i < Count; i++)
            {
                var row = (Row*)at;
                var path = at + sizeof(Row);
                if (!StillTrue(root, folder, *row, path, out var now))
                {
                    if (changes.Length == MostChanges)
                    {
                        return null;
                    }

                    changes = [.. changes, new(Encoding.UTF8.GetString(path, row->PathBytes), now, row->Sight == Sight.Stat && !IsVariable(*row, path))];
                }
                else if (row->Checksum != 0 && !now.IsRacy(looked = looked == 0 ? FileStat.Now : looked))
                {
                    // Its bytes were read and it is old by now; whoever writes these rows again may say so.
                    row->Checksum = 0;
                }

                at = path + row->PathBytes + 1;
            }
        }

        return changes;
    }

    public bool Holds(string root, string path)
    {
        fixed (byte* start = _all)
        {
            var row = (Row*)Find(start, path);
            return row is not null && StillTrue(root, null, *row, (byte*)row + sizeof(Row), out _);
        }
    }

    /// <summary>The bytes of a mirror with the same answer for files that are now as given.</summary>
    public byte[] Renewed(IReadOnlyList<RenewedSight> sights)
    {
        using var more = new MemoryStream();
        var count = Count;
        fixed (byte* start = _all)
        {
            foreach (var sight in sights)
            {
                var row = (Row*)Find(start, sight.Path);
                var now = ToRow(sight.Stat, sight.OnlyExistence ? Sight.Existence : Sight.Stat, sight.Checksum);
                if (row is null && sight.Replaces is { } old && (row = (Row*)Find(start, old)) is not null)
                {
                    var path = Encoding.UTF8.GetBytes(sight.Path);
                    if (path.Length == row->PathBytes)
                    {
                        path.AsSpan().CopyTo(new Span<byte>((byte*)row + sizeof(Row), path.Length));
                    }
                    else
                    {
                        row = null;
                    }
                }

                if (row is null)
                {
                    Write(more, now, sight.Path);
                    count++;
                }
                else
                {
                    now.PathBytes = row->PathBytes;
                    *row = now;
                }
            }
        }

        BitConverter.TryWriteBytes(_all.AsSpan(24), count);
        return Sealed(more.Length == 0 ? _all : [.. _all, .. more.ToArray()]);
    }

    /// <summary>A variable's value in the form of a stat: whether it is set, its length, a hash.</summary>
    public static FileStat StatOfVariable(string name) => Environment.GetEnvironmentVariable(name) is { } value
        ? new(FileKind.Other, Mix(MemoryMarshal.AsBytes(value.AsSpan())), 0, value.Length, 0, 0)
        : default;

    /// <summary>A checksum against torn writes and mistaken files, eight bytes at a time; no defence against malice, which could as well write a true checksum.</summary>
    public static ulong Mix(ReadOnlySpan<byte> bytes)
    {
        var hash = 0xcbf29ce484222325UL ^ (ulong)bytes.Length;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            hash = System.Numerics.BitOperations.RotateLeft((hash ^ MemoryMarshal.Read<ulong>(bytes)) * 0x9e3779b97f4a7c15UL, 29);
        }

        foreach (var b in bytes)
        {
            hash = (hash ^ b) * 0x100000001b3UL;
        }

        return hash;
    }

    private static Row ToRow(FileStat stat, Sight sight, ulong checksum) => new()
    {
        Device = stat.Device,
        Inode = stat.Inode,
        Size = stat.Size,
        Modified = stat.Modified,
        Changed = stat.Changed,
        Checksum = checksum,
        Kind = (byte)stat.Kind,
        Sight = sight,
    };

    private static void Write(MemoryStream bytes, Row row, string path)
    {
        var pathBytes = Encoding.UTF8.GetBytes(path);
        row.PathBytes = pathBytes.Length;
        bytes.Write(new ReadOnlySpan<byte>(&row, sizeof(Row)));
        bytes.Write(pathBytes);
        bytes.WriteByte(0);
    }

    private static byte[] Sealed(byte[] all)
    {
        BitConverter.TryWriteBytes(all.AsSpan(8), Mix(all.AsSpan(16)));
        return all;
    }

    private byte* Find(byte* start, string path)
    {
        ReadOnlySpan<byte> wanted = Encoding.UTF8.GetBytes(path);
        var at = start + RowsAt;
        for (var i = 0; i < Count; i++)
        {
            var bytes = ((Row*)at)->PathBytes;
            if (bytes == wanted.Length && new ReadOnlySpan<byte>(at + sizeof(Row), bytes).SequenceEqual(wanted))
            {
                return at;
            }

            at += sizeof(Row) + bytes + 1;
        }

        return null;
    }

    private static bool StillTrue(string root, FolderHandle? folder, in Row row, byte* path, out FileStat now)
    {
        if (row.Sight == Sight.Tree)
        {
            now = default;
            return TreeIsAsItWas(root, Encoding.UTF8.GetString(path, row.PathBytes), row.Inode);
        }

        if (IsVariable(row, path))
        {
            now = StatOfVariable(Encoding.UTF8.GetString(path, row.PathBytes)[VariableMark.Length..]);
        }
        else if (folder is not null)
        {
            if (Posix.TryStat(folder.Descriptor, path, followLinks: true, out now) != 0)
            {
                return false;
            }
        }
        else
        {
            now = FileStat.Of(FullPath(root, path, row.PathBytes));
        }

        return (byte)now.Kind == row.Kind && now.Size == row.Size
            && (row.Sight == Sight.Existence
                || (now.Device == row.Device && now.Inode == row.Inode && now.Modified == row.Modified && now.Changed == row.Changed
                    && (row.Checksum == 0 || BuildMirror.Checksum(File.ReadAllBytes(FullPath(root, path, row.PathBytes))) == row.Checksum)));
    }

    private static bool IsVariable(in Row row, byte* path) =>
        row.PathBytes > VariableMark.Length && new ReadOnlySpan<byte>(path, VariableMark.Length).SequenceEqual("$//"u8);

    private static bool TreeIsAsItWas(string root, string directory, ulong stats)
    {
        try
        {
            var walk = new TreeWalk(root, links: null);
            walk.Run(directory.TrimEnd('/'), seen: null);
            return walk.Stats == stats;
        }
        catch (DiagnosticException)
        {
            return false;
        }
    }

    private static string FullPath(string root, byte* path, int bytes)
    {
        var text = Encoding.UTF8.GetString(path, bytes);
        return Path.IsPathRooted(text) ? text : Path.Join(root, text);
    }
}
