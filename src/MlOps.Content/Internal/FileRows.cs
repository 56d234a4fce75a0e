namespace MlOps.Content.Internal;

/// <summary>Files with what is known of them, in the order of their paths' bytes.</summary>
internal abstract class FileRows
{
    public abstract int Count { get; }

    public abstract ref IndexRow this[int at] { get; }

    public abstract ReadOnlySpan<byte> PathOf(in IndexRow row);

    /// <summary>The first row whose path is not before the one given.</summary>
    public int FirstFrom(ReadOnlySpan<byte> path)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = PathOf(this[middle]).SequenceCompareTo(path) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}

/// <summary>Looks up ascending paths below a folder, each a step or two from the one before.</summary>
/// <param name="rows">Where; null knows nothing.</param>
/// <param name="folder">What stands before the paths in the rows: empty, or a directory and <c>/</c>.</param>
internal struct RowCursor(FileRows? rows, byte[] folder)
{
    private readonly int _end = rows?.Count ?? 0;
    private int _at = rows?.FirstFrom(folder) ?? 0;

    /// <summary>Whether nothing more is known.</summary>
    public readonly bool IsAtEnd => _at == _end || !rows!.PathOf(rows[_at]).StartsWith(folder);

    /// <summary>The position of a file that is not before any that was sought earlier; -1 if it is unknown.</summary>
    public int Seek(ReadOnlySpan<byte> path)
    {
        for (; _at < _end; _at++)
        {
            var known = rows!.PathOf(rows[_at]);
            if (!known.StartsWith(folder))
            {
                _at = _end;
                break;
            }

            var order = known[folder.Length..].SequenceCompareTo(path);
            if (order >= 0)
            {
                return order == 0 ? _at : -1;
            }
        }

        return -1;
    }
}
