using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Content.Internal;

/// <summary>What the index knows of one file.</summary>
internal readonly record struct IndexEntry(FileStat Stat, FileIdentity Identity, bool IsRacy);

/// <summary>The index's bytes: header, fixed-size rows sorted by the paths' UTF-8 bytes, the paths, a checksum. Searched where they lie, so that loading costs one read.</summary>
internal sealed class IndexFile
{
    private const ulong Magic = 0x31_58_44_49_53_50_4f_4c; // "LOPSIDX1", little-endian
    private const int HeaderBytes = 16, ChecksumBytes = 8;

    private readonly byte[] _bytes;
    private readonly int _count;

    private IndexFile(byte[] bytes, int count) => (_bytes, _count) = (bytes, count);

    [StructLayout(LayoutKind.Sequential, Pack = 8)]
    private struct Row
    {
        public uint PathOffset, PathLength;
        public ulong Device, Inode;
        public long Size, Modified, Changed;
        public ulong Sha0, Sha1, Sha2, Sha3, XxhHigh, XxhLow;
    }

    private ReadOnlySpan<Row> Rows => MemoryMarshal.Cast<byte, Row>(_bytes.AsSpan(HeaderBytes))[.._count];

    public static unsafe IndexFile Load(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            return new(new byte[HeaderBytes], 0);
        }

        if (bytes.Length < HeaderBytes + ChecksumBytes || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(bytes.Length - ChecksumBytes)) != XxHash3.HashToUInt64(bytes.AsSpan(0, bytes.Length - ChecksumBytes)))
        {
            return new(new byte[HeaderBytes], 0);
        }

        return new(bytes, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8)));
    }

    public bool TryFind(string file, out IndexEntry entry)
    {
        entry = default;
        if (_count == 0)
        {
            return false;
        }

        var size = Encoding.UTF8.GetMaxByteCount(file.Length);
        Span<byte> buffer = size <= 512 ? stackalloc byte[size] : new byte[size];
        var key = buffer[..Encoding.UTF8.GetBytes(file, buffer)];
        var rows = Rows;
        var (low, high) = (0, _count - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = PathOf(rows[middle]).SequenceCompareTo(key);
            if (order == 0)
            {
                entry = Entry(rows[middle]);
                return true;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return false;
    }

    /// <summary>The bytes of an index with what was learnt; racy entries are left out, so that their files are read again.</summary>
    public unsafe byte[] With(Dictionary<string, IndexEntry> learnt)
    {
        var all = new List<(byte[] Path, IndexEntry Entry)>(_count + learnt.Count);
        foreach (var row in Rows)
        {
            if (!learnt.ContainsKey(Encoding.UTF8.GetString(PathOf(row))))
            {
                all.Add((PathOf(row).ToArray(), Entry(row)));
            }
        }

        all.AddRange(learnt.Where(pair => !pair.Value.IsRacy).Select(pair => (Encoding.UTF8.GetBytes(pair.Key), pair.Value)));
        all.Sort(static (a, b) => a.Path.AsSpan().SequenceCompareTo(b.Path));
        var offset = HeaderBytes + (all.Count * sizeof(Row));
        var bytes = new byte[offset + all.Sum(item => item.Path.Length) + ChecksumBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), all.Count);
        var rows = MemoryMarshal.Cast<byte, Row>(bytes.AsSpan(HeaderBytes))[..all.Count];
        for (var i = 0; i < all.Count; i++)
        {
            var (path, entry) = all[i];
            path.CopyTo(bytes.AsSpan(offset));
            rows[i] = ToRow(entry, offset, path.Length);
            offset += path.Length;
        }

        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(offset), XxHash3.HashToUInt64(bytes.AsSpan(0, offset)));
        return bytes;
    }

    private ReadOnlySpan<byte> PathOf(in Row row) => _bytes.AsSpan((int)row.PathOffset, (int)row.PathLength);

    private static Row ToRow(IndexEntry entry, int offset, int length)
    {
        Span<byte> sha = stackalloc byte[32];
        entry.Identity.Sha256.CopyTo(sha);
        var words = MemoryMarshal.Cast<byte, ulong>(sha);
        return new()
        {
            PathOffset = (uint)offset,
            PathLength = (uint)length,
            Device = entry.Stat.Device,
            Inode = entry.Stat.Inode,
            Size = entry.Stat.Size,
            Modified = entry.Stat.Modified,
            Changed = entry.Stat.Changed,
            Sha0 = words[0],
            Sha1 = words[1],
            Sha2 = words[2],
            Sha3 = words[3],
            XxhHigh = (ulong)(entry.Identity.Xxh128 >> 64),
            XxhLow = (ulong)entry.Identity.Xxh128,
        };
    }

    private static IndexEntry Entry(in Row row)
    {
        Span<ulong> words = [row.Sha0, row.Sha1, row.Sha2, row.Sha3];
        return new(
            new(FileKind.File, row.Device, row.Inode, row.Size, row.Modified, row.Changed),
            new(Digest.FromBytes(MemoryMarshal.AsBytes(words)), new(row.XxhHigh, row.XxhLow), row.Size),
            IsRacy: false);
    }
}
