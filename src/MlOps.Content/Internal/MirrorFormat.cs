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
internal readonly record struct Observation(FileStat Stat, Sight Sight);

/// <summary>The mirror's bytes: magic, checksum, key, payload, then rows of stat and NUL-terminated path that go to the system call as they lie.</summary>
/// <remarks>No JSON, no LINQ, no hashing library on the way of an answer: it is on the start-up path of every command.</remarks>
internal static unsafe class MirrorFormat
{
    private const ulong Magic = 0x32_52_49_4d_53_50_4f_4c; // "LOPSMIR2", little-endian
    private const int HeaderBytes = 28;

    /// <summary>What the rows of environment variables start with; no file's path does: those are absolute, or relative without <c>//</c>.</summary>
    public const string VariableMark = "$//";

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Row
    {
        public ulong Device, Inode;
        public long Size, Modified, Changed;
        public int PathBytes; // without the NUL
        public byte Kind;
        public Sight Sight;
    }

    public static string PathOf(string root, string key) =>
        Path.Join(root, ".mlops", "mirror", Mix(MemoryMarshal.AsBytes(key.AsSpan())).ToString("x16", CultureInfo.InvariantCulture));

    public static byte[] Write(string key, ReadOnlySpan<byte> payload, Dictionary<string, Observation> seen)
    {
        using var bytes = new MemoryStream();
        var keyBytes = Encoding.UTF8.GetBytes(key);
        bytes.Write(BitConverter.GetBytes(Magic));
        bytes.Write(BitConverter.GetBytes(0UL));
        bytes.Write(BitConverter.GetBytes(keyBytes.Length));
        bytes.Write(BitConverter.GetBytes(payload.Length));
        bytes.Write(BitConverter.GetBytes(seen.Count));
        bytes.Write(keyBytes);
        bytes.Write(payload);
        foreach (var (path, (stat, sight)) in seen)
        {
            var pathBytes = Encoding.UTF8.GetBytes(path);
            var row = new Row
            {
                Device = stat.Device,
                Inode = stat.Inode,
                Size = stat.Size,
                Modified = stat.Modified,
                Changed = stat.Changed,
                PathBytes = pathBytes.Length,
                Kind = (byte)stat.Kind,
                Sight = sight,
            };
            bytes.Write(new ReadOnlySpan<byte>(&row, sizeof(Row)));
            bytes.Write(pathBytes);
            bytes.WriteByte(0);
        }

        var all = bytes.ToArray();
        BitConverter.TryWriteBytes(all.AsSpan(8), Mix(all.AsSpan(16)));
        return all;
    }

    public static byte[]? TryAnswer(string root, string key, byte[] all)
    {
        if (all.Length < HeaderBytes || BitConverter.ToUInt64(all, 0) != Magic || BitConverter.ToUInt64(all, 8) != Mix(all.AsSpan(16)))
        {
            return null;
        }

        var (keyBytes, payloadBytes, count) = (BitConverter.ToInt32(all, 16), BitConverter.ToInt32(all, 20), BitConverter.ToInt32(all, 24));
        if (Encoding.UTF8.GetString(all, HeaderBytes, keyBytes) != key)
        {
            return null;
        }

        var payload = HeaderBytes + keyBytes;
        using var folder = OperatingSystem.IsLinux() ? Posix.OpenFolder(root) : null;
        fixed (byte* start = all)
        {
            var at = start + payload + payloadBytes;
            for (var i = 0; i < count; i++)
            {
                var row = (Row*)at;
                var path = at + sizeof(Row);
                if (!StillTrue(root, folder, in *row, path))
                {
                    return null;
                }

                at = path + row->PathBytes + 1;
            }
        }

        return all[payload..(payload + payloadBytes)];
    }

    /// <summary>A variable's value in the form of a stat: whether it is set, its length, a hash.</summary>
    public static FileStat StatOfVariable(string name) => Environment.GetEnvironmentVariable(name) is { } value
        ? new(FileKind.Other, Mix(MemoryMarshal.AsBytes(value.AsSpan())), 0, value.Length, 0, 0)
        : default;

    private static bool StillTrue(string root, FolderHandle? folder, in Row row, byte* path)
    {
        if (row.Sight == Sight.Tree)
        {
            return TreeIsAsItWas(root, Encoding.UTF8.GetString(path, row.PathBytes), row.Inode);
        }

        FileStat now;
        if (row.PathBytes > VariableMark.Length && new ReadOnlySpan<byte>(path, VariableMark.Length).SequenceEqual("$//"u8))
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
            var text = Encoding.UTF8.GetString(path, row.PathBytes);
            now = FileStat.Of(Path.IsPathRooted(text) ? text : Path.Join(root, text));
        }

        return (byte)now.Kind == row.Kind && now.Size == row.Size
            && (row.Sight == Sight.Existence
                || (now.Device == row.Device && now.Inode == row.Inode && now.Modified == row.Modified && now.Changed == row.Changed));
    }

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

    /// <summary>A checksum against torn writes, eight bytes at a time; no defence against malice, which could as well write a true checksum.</summary>
    private static ulong Mix(ReadOnlySpan<byte> bytes)
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
}
