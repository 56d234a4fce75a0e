using System.Runtime.InteropServices;

namespace MlOps.Content.Internal;

/// <summary>How far a row may be believed.</summary>
internal enum RowState
{
    /// <summary>The digests are those of the file while its stat stays the same.</summary>
    Known,

    /// <summary>The digests were right, but a change just afterwards might not show in the stat.</summary>
    Racy,

    /// <summary>There is a stat only; the digests, if any, are those of an earlier state of the same size.</summary>
    Unread,

    /// <summary>There is a path only, of what was a regular file when its folder was read.</summary>
    Unseen,
}

/// <summary>What is known of one file: its stat and its digests, in the layout of the index's file.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal struct IndexRow
{
    public long PathOffset;
    public int PathLength;
    public RowState State;
    private ulong _device, _inode;
    private long _size, _modified, _changed;
    private ulong _sha0, _sha1, _sha2, _sha3, _xxhHigh, _xxhLow;

    public readonly long Size => _size;

    public readonly bool HasDigests => (_sha0 | _sha1 | _sha2 | _sha3) != 0;

    public FileStat Stat
    {
        readonly get => new(FileKind.File, _device, _inode, _size, _modified, _changed);
        set => (_device, _inode, _size, _modified, _changed) = (value.Device, value.Inode, value.Size, value.Modified, value.Changed);
    }

    public readonly Digest Sha256
    {
        get
        {
            ReadOnlySpan<ulong> words = [_sha0, _sha1, _sha2, _sha3];
            return Digest.FromBytes(MemoryMarshal.AsBytes(words));
        }
    }

    public readonly ulong XxhHigh => _xxhHigh;

    public readonly ulong XxhLow => _xxhLow;

    /// <summary>The identity; its length is the stat's.</summary>
    public FileIdentity Identity
    {
        readonly get => new(Sha256, _xxhHigh, _xxhLow, _size);
        set
        {
            Span<ulong> words = stackalloc ulong[4];
            value.Sha256.CopyTo(MemoryMarshal.AsBytes(words));
            (_sha0, _sha1, _sha2, _sha3) = (words[0], words[1], words[2], words[3]);
            (_xxhHigh, _xxhLow) = (value.XxhHigh, value.XxhLow);
        }
    }

    public readonly IndexEntry Entry => new(Stat, Identity, State == RowState.Racy);

    /// <summary>Takes what is known of a file; the path stays.</summary>
    public void Take(IndexEntry entry) => (State, Stat, Identity) = (entry.IsRacy ? RowState.Racy : RowState.Known, entry.Stat, entry.Identity);

    /// <summary>Takes the digests of another row of the same file.</summary>
    public void TakeDigests(in IndexRow other)
    {
        (_sha0, _sha1, _sha2, _sha3) = (other._sha0, other._sha1, other._sha2, other._sha3);
        (_xxhHigh, _xxhLow) = (other._xxhHigh, other._xxhLow);
    }

    /// <summary>Whether the file with this stat is as it was when the row's digests were taken.</summary>
    public readonly bool Answers(in FileStat stat) =>
        State == RowState.Known && _changed == stat.Changed && _modified == stat.Modified && _inode == stat.Inode && _size == stat.Size && _device == stat.Device;
}
