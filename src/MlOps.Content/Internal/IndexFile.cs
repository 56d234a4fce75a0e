using System.Buffers.Binary;
using System.Text;

namespace MlOps.Content.Internal;

/// <summary>What the index knows of one file.</summary>
internal readonly record struct IndexEntry(FileStat Stat, FileIdentity Identity, bool IsRacy);

/// <summary>The index's bytes: header, fixed-size rows sorted by the paths' UTF-8 bytes, the paths, a checksum. Searched where they lie, so that loading costs one read.</summary>
internal sealed unsafe class IndexFile : FileRows
{
    public const ulong Magic = 0x33_58_44_49_53_50_4f_4c; // "LOPSIDX3", little-endian
    public const int HeaderBytes = 16, ChecksumBytes = 8, BlockBytes = 1 << 20;

    private static readonly IndexFile s_empty = new([], 0);

    private readonly byte[] _bytes; // pinned
    private readonly IndexRow* _rows;

    private IndexFile(byte[] bytes, int count)
    {
        (_bytes, Count) = (bytes, count);
        fixed (byte* start = bytes)
        {
            _rows = (IndexRow*)(start + HeaderBytes);
        }
    }

    public override int Count { get; }

    public override ref IndexRow this[int at] => ref _rows[at];

    public override ReadOnlySpan<byte> PathOf(in IndexRow row) => _bytes.AsSpan((int)row.PathOffset, row.PathLength);

    /// <summary>Reads an index; a missing, torn or foreign one knows nothing.</summary>
    public static IndexFile Load(string path)
    {
        byte[] bytes;
        try
        {
            using var file = OpenFile.At(path);
            var length = file.Stat().Size;
            bytes = length > Array.MaxLength ? [] : GC.AllocateUninitializedArray<byte>((int)length, pinned: true);
            bytes = file.Fill(bytes, 0) == bytes.Length ? bytes : [];
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            return s_empty;
        }

        if (bytes.Length < HeaderBytes + ChecksumBytes || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(bytes.Length - ChecksumBytes)) != Checksum(bytes))
        {
            return s_empty;
        }

        var count = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8));
        return count <= (bytes.Length - HeaderBytes) / sizeof(IndexRow) ? new(bytes, (int)count) : s_empty;
    }

    /// <summary>Against torn writes; block by block, as they are written.</summary>
    private static ulong Checksum(byte[] bytes)
    {
        var hash = new StatHash();
        fixed (byte* start = bytes)
        {
            for (var at = 0; at < bytes.Length - ChecksumBytes; at += BlockBytes)
            {
                hash.Add(start + at, Math.Min(BlockBytes, bytes.Length - ChecksumBytes - at));
            }
        }

        return hash.Value;
    }

    public bool TryFind(string file, out IndexEntry entry)
    {
        var size = Encoding.UTF8.GetMaxByteCount(file.Length);
        Span<byte> buffer = size <= 512 ? stackalloc byte[size] : new byte[size];
        var key = buffer[..Encoding.UTF8.GetBytes(file, buffer)];
        var at = FirstFrom(key);
        if (at == Count || !PathOf(this[at]).SequenceEqual(key))
        {
            entry = default;
            return false;
        }

        entry = this[at].Entry;
        return true;
    }
}
