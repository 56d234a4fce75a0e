using System.Runtime.InteropServices;

namespace MlOps.Scoring.Internal;

/// <summary>Collects sparse rows one after the other.</summary>
internal sealed class SparseBuilder(int rows, int width)
{
    private readonly int[] _rowStart = new int[rows + 1];
    private readonly List<int> _index = [];
    private readonly List<float> _value = [];

    public int Count => _index.Count;

    public void Add(int feature, float value)
    {
        _index.Add(feature);
        _value.Add(value);
    }

    public Span<float> ValuesFrom(int entry) => CollectionsMarshal.AsSpan(_value)[entry..];

    public void EndRow(int row) => _rowStart[row + 1] = _index.Count;

    /// <summary>Forgets all entries.</summary>
    public void Clear()
    {
        _index.Clear();
        _value.Clear();
    }

    public void CopyTo(int[] index, float[] value)
    {
        _index.CopyTo(index);
        _value.CopyTo(value);
    }

    public SparseRows Build() => new(width, _rowStart, [.. _index], [.. _value]);
}
