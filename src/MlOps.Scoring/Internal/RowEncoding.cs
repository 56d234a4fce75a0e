namespace MlOps.Scoring.Internal;

/// <summary>All encoders of a model on one row, whose cells change; it allocates only where a text has more terms than any before.</summary>
internal sealed class RowEncoding
{
    private readonly (ColumnEncoding Encoding, CellList Cell, int Width)[] _dense;
    private readonly (SparseEncoding Encoding, TextCell Cell)[] _sparse;
    private readonly SparseBuilder _entries;
    private FeatureMatrix _features;

    public RowEncoding((ColumnEncoding Encoding, CellList Cell, int Width)[] dense, (SparseEncoding Encoding, TextCell Cell)[] sparse)
    {
        (_dense, _sparse) = (dense, sparse);
        var features = new float[dense.Sum(d => d.Width)][];
        foreach (ref var feature in features.AsSpan())
        {
            feature = new float[1];
        }

        var width = sparse.Sum(s => s.Encoding.Width);
        _entries = new(1, width);
        _features = new(1, features, sparse.Length == 0 ? null : new(width, new int[2], [], []));
    }

    /// <summary>The features of the row as its cells are now; good until the next time.</summary>
    public FeatureMatrix Encode()
    {
        var at = 0;
        foreach (var (encoding, cell, width) in _dense)
        {
            encoding.Encode(cell, _features.Dense.AsSpan(at, width));
            at += width;
        }

        if (_features.Sparse is { } sparse)
        {
            Encode(sparse);
        }

        return _features;
    }

    private void Encode(SparseRows sparse)
    {
        _entries.Clear();
        var offset = 0;
        foreach (var (encoding, cell) in _sparse)
        {
            encoding.Encode(cell.Last, offset, _entries);
            offset += encoding.Width;
        }

        if (_entries.Count > sparse.Index.Length)
        {
            sparse = sparse with { Index = new int[2 * _entries.Count], Value = new float[2 * _entries.Count] };
            _features = _features with { Sparse = sparse };
        }

        _entries.CopyTo(sparse.Index, sparse.Value);
        sparse.RowStart[1] = _entries.Count;
    }
}
