using System.Numerics;

namespace MlOps.Content.Internal;

/// <summary>A hash that notices any single change of what it was fed with; no defence against malice. It needs no hashing library, which would cost start-up time.</summary>
internal unsafe struct StatHash()
{
    private ulong _hash = 0xcbf29ce484222325UL;

    public readonly ulong Value
    {
        get
        {
            var hash = (_hash ^ (_hash >> 32)) * 0xd6e8feb86659fd93UL;
            return hash ^ (hash >> 32);
        }
    }

    /// <summary>The hash of a folder's place, by its path.</summary>
    public static ulong OfFolder(byte* path, int length)
    {
        var hash = new StatHash();
        hash.Add(path, length);
        return hash.Value;
    }

    /// <summary>The hash of a file in a folder; sums of these depend on no order.</summary>
    public static ulong OfEntry(ulong folder, byte* name, int length, in FileStat stat)
    {
        var hash = new StatHash();
        hash.Add(folder);
        hash.Add(name, length);
        hash.Add(stat);
        return hash.Value;
    }

    public void Add(ulong word) => _hash = BitOperations.RotateLeft((_hash ^ word) * 0x9e3779b97f4a7c15UL, 29);

    public void Add(byte* bytes, int length)
    {
        Add((ulong)length);
        for (; length >= 8; length -= 8, bytes += 8)
        {
            Add(*(ulong*)bytes);
        }

        var rest = 0UL;
        for (; length > 0; length--)
        {
            rest = (rest << 8) | *bytes++;
        }

        Add(rest);
    }

    public void Add(in FileStat stat)
    {
        Add(stat.Inode ^ ((ulong)stat.Kind << 56) ^ BitOperations.RotateLeft(stat.Device, 40));
        Add((ulong)stat.Size);
        Add((ulong)stat.Modified);
        Add((ulong)stat.Changed);
    }
}
