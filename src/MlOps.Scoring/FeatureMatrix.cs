namespace MlOps.Scoring;

/// <summary>Encoded rows: dense columns first, then, where there is text, sparse rows. Feature j is dense column j, or sparse feature j −
/// Dense.Length.</summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="Dense">One float32 array of length <paramref name="Rows"/> per dense feature; NaN is missing.</param>
/// <param name="Sparse">The sparse block, or null.</param>
public sealed record FeatureMatrix(int Rows, float[][] Dense, SparseRows? Sparse)
{
    /// <summary>Number of features, dense and sparse.</summary>
    public int Width => Dense.Length + (Sparse?.Width ?? 0);
}

/// <summary>Compressed sparse rows: row r's entries are <c>RowStart[r]</c> up to, not including, <c>RowStart[r + 1]</c>, ascending by feature.</summary>
/// <param name="Width">Number of sparse features.</param>
/// <param name="RowStart">Rows + 1 offsets.</param>
/// <param name="Index">0-based within the sparse block.</param>
/// <param name="Value">Never NaN.</param>
public sealed record SparseRows(int Width, int[] RowStart, int[] Index, float[] Value);
