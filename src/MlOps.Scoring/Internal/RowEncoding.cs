namespace MlOps.Scoring.Internal;

/// <summary>All encoders of a model on one row, whose cells change; it allocates only where a text has more terms than any before.</summary>
internal sealed class RowEncoding
{
    private readonly (ColumnEncoding Encoding, CellList Cell, int Width)[] _dense;
    private readonly (TextEncoding Encoding, TextCell Cell)[] _text;
    private readonly SparseBuilder _terms;
    private FeatureMatrix _features;

    public RowEncoding((ColumnEncoding Encoding, CellList Cell, int Width)[] dense, (TextEncoding Encoding, TextCell Cell)[] text)
    {
        (_dense, _text) = (dense, text);
        var features = new float[dense.Sum(d => d.Width)][];
        foreach (ref var feature in features.AsSpan())
        {
            feature = new float[1];
        }

        var terms = text.Sum(t => t.Encoding.Width);
        _terms = new(1, terms);
        _features = new(1, features, text.Length == 0 ? null : new(terms, new int[2], [], []));
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
            Terms(sparse);
        }

        return _features;
    }

    private void Terms(SparseRows sparse)
    {
        _terms.Clear();
        var offset = 0;
        foreach (var (encoding, cell) in _text)
        {
            encoding.Encode(cell.Last, offset, _terms);
            offset += encoding.Width;
        }

        if (_terms.Count > sparse.Index.Length)
        {
            sparse = sparse with { Index = new int[2 * _terms.Count], Value = new float[2 * _terms.Count] };
            _features = _features with { Sparse = sparse };
        }

        _terms.CopyTo(sparse.Index, sparse.Value);
        sparse.RowStart[1] = _terms.Count;
    }
}
