namespace MlOps.Content.Internal;

/// <summary>The files below a directory as one walk saw them; paths are relative to it.</summary>
/// <remarks>Rows and paths lie in blocks, so that a million files cost what they weigh: nothing is copied while they grow.</remarks>
internal sealed class TreeRows : FileRows
{
    private const int FirstRows = 16, BlockRows = 1 << 14, FirstBytes = 512, BlockBytes = 1 << 20;

    private readonly List<IndexRow[]> _rows = [];
    private readonly List<byte[]> _paths = [];
    private int _count;
    private int _used;

    public override int Count => _count;

    /// <summary>A hash over every stat that the walk saw, directories included.</summary>
    public ulong Stats { get; set; }

    /// <summary>Whether something was so young that a change just after the walk might not show in <see cref="Stats"/>.</summary>
    public bool IsRacy { get; set; }

    /// <summary>The identity of all files together, if nothing was seen otherwise since <see cref="StatIndex.Begin"/>.</summary>
    public Digest? Steady { get; set; }

    /// <summary>Whether every file's digests are known.</summary>
    public bool AreRead
    {
        get
        {
            for (var i = 0; i < _count; i++)
            {
                if (this[i].State is RowState.Unread or RowState.Unseen)
                {
                    return false;
                }
            }

            return true;
        }
    }

    public override ref IndexRow this[int at] => ref _rows[at / BlockRows][at % BlockRows];

    public override ReadOnlySpan<byte> PathOf(in IndexRow row) => _paths[(int)(row.PathOffset >> 32)].AsSpan((int)row.PathOffset, row.PathLength);

    /// <summary>The path with the NUL behind it that system calls want.</summary>
    public ReadOnlySpan<byte> TerminatedPathOf(in IndexRow row) => _paths[(int)(row.PathOffset >> 32)].AsSpan((int)row.PathOffset, row.PathLength + 1);

    public string NameOf(in IndexRow row) => System.Text.Encoding.UTF8.GetString(PathOf(row));

    public ref IndexRow Add(ReadOnlySpan<byte> path)
    {
        ref var row = ref NewRow();
        var need = path.Length + 1;
        if (_paths.Count == 0 || _paths[^1].Length - _used < need)
        {
            // Blocks double until they are full-sized: most directories are small.
            var size = _paths.Count == 0 ? FirstBytes : Math.Min(BlockBytes, _paths[^1].Length * 2);
            _paths.Add(new byte[Math.Max(size, need)]);
            _used = 0;
        }

        path.CopyTo(_paths[^1].AsSpan(_used));
        (row.PathOffset, row.PathLength) = (((long)(_paths.Count - 1) << 32) | (uint)_used, path.Length);
        _used += need;
        return ref row;
    }

    private ref IndexRow NewRow()
    {
        var at = _count++ % BlockRows;
        if (at == 0)
        {
            _rows.Add(new IndexRow[_rows.Count == 0 ? FirstRows : BlockRows]);
        }
        else if (at == _rows[^1].Length)
        {
            var grown = _rows[^1];
            Array.Resize(ref grown, at * 2);
            _rows[^1] = grown;
        }

        return ref _rows[^1][at];
    }
}
