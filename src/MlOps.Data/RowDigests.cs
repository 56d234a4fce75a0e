namespace MlOps.Data;

/// <summary>How many rows stand in one table but not in the other.</summary>
/// <param name="Added">Rows of the new table that the old one lacks.</param>
/// <param name="Removed">Rows of the old table that the new one lacks.</param>
public readonly record struct RowDifference(int Added, int Removed)
{
    /// <summary>For people: <c>+1 row</c>, <c>+2 −1 rows</c>, <c>same rows</c>.</summary>
    public override string ToString() => (Added, Removed) switch
    {
        (0, 0) => "same rows",
        (_, 0) => $"+{Added} {(Added == 1 ? "row" : "rows")}",
        (0, _) => $"\u2212{Removed} {(Removed == 1 ? "row" : "rows")}",
        _ => $"+{Added} \u2212{Removed} rows",
    };
}

/// <summary>The sorted 128-bit hashes of a table's rows.</summary>
public sealed class RowDigests
{
    private readonly UInt128[] _sorted;

    private RowDigests(UInt128[] sorted) => _sorted = sorted;

    /// <summary>Number of rows.</summary>
    public int Count => _sorted.Length;

    /// <summary>The digests of a frame's rows.</summary>
    public static RowDigests Of(Frame frame) => throw new NotImplementedException();

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It did not.</exception>
    public static RowDigests FromBytes(ReadOnlySpan<byte> content) => throw new NotImplementedException();

    /// <summary>The binary form: the same bytes for the same rows in any order.</summary>
    public byte[] ToBytes() => throw new NotImplementedException();

    /// <summary>The difference between two tables as multisets of rows.</summary>
    public static RowDifference Diff(RowDigests old, RowDigests now) => throw new NotImplementedException();
}
