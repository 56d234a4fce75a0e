using MlOps.Scoring;

namespace MlOps.Learning.Internal.Trees;

/// <summary>A feature matrix by columns; sparse features are spread out when asked for.</summary>
internal sealed class FeatureValues
{
    private readonly FeatureMatrix _matrix;
    private readonly int[] _start;
    private readonly int[] _rows;
    private readonly float[] _values;

    public FeatureValues(FeatureMatrix matrix)
    {
        _matrix = matrix;
        var sparse = matrix.Sparse ?? new(0, new int[matrix.Rows + 1], [], []);
        _start = new int[sparse.Width + 1];
        foreach (var index in sparse.Index.AsSpan(0, sparse.RowStart[matrix.Rows]))
        {
            _start[index + 1]++;
        }

        for (var j = 0; j < sparse.Width; j++)
        {
            _start[j + 1] += _start[j];
        }

        var next = _start.AsSpan(0, sparse.Width).ToArray();
        _rows = new int[_start[^1]];
        _values = new float[_start[^1]];
        for (var row = 0; row < matrix.Rows; row++)
        {
            for (var i = sparse.RowStart[row]; i < sparse.RowStart[row + 1]; i++)
            {
                var place = next[sparse.Index[i]]++;
                (_rows[place], _values[place]) = (row, sparse.Value[i]);
            }
        }
    }

    public int DenseWidth => _matrix.Dense.Length;

    /// <summary>One value per row; not to be written to.</summary>
    public float[] Column(int feature)
    {
        if (feature < DenseWidth)
        {
            return _matrix.Dense[feature];
        }

        var column = new float[_matrix.Rows];
        for (var i = _start[feature - DenseWidth]; i < _start[feature - DenseWidth + 1]; i++)
        {
            column[_rows[i]] = _values[i];
        }

        return column;
    }
}
