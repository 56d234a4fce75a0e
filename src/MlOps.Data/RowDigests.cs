using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

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

/// <summary>The sorted 128-bit hashes (xxh128) of a table's rows: a multiset that tells how many rows two tables differ in.</summary>
/// <remarks>A row's hash covers column names and cells, columns ordered by name, so that their order in the file does not count. Binary form: the
/// bytes <c>MLOR</c>, the version (1), three zeros, the count (8 bytes), the hashes (16 bytes each), all most significant byte first.</remarks>
public sealed class RowDigests
{
    private const int Head = 16;
    private const int HashSize = 16;
    private const int CellSize = HashSize + 1;

    private readonly UInt128[] _sorted;

    private RowDigests(UInt128[] sorted) => _sorted = sorted;

    /// <summary>Number of rows.</summary>
    public int Count => _sorted.Length;

    /// <summary>The digests of a frame's rows.</summary>
    public static RowDigests Of(Frame frame)
    {
        Column[] columns = [.. frame.Columns.OrderBy(column => column.Name, StringComparer.Ordinal)];
        var texts = Array.ConvertAll(columns, column => column is StringColumn strings ? Array.ConvertAll(strings.Dictionary, Hash) : null);
        var row = new byte[HashSize + (columns.Length * CellSize)];
        BinaryPrimitives.WriteUInt128BigEndian(row, Hash(string.Join('\0', columns.Select(column => column.Name))));
        var hashes = new UInt128[frame.RowCount];
        for (var i = 0; i < hashes.Length; i++)
        {
            for (var j = 0; j < columns.Length; j++)
            {
                PutCell(row.AsSpan(HashSize + (j * CellSize), CellSize), columns[j], texts[j], i);
            }

            hashes[i] = XxHash128.HashToUInt128(row);
        }

        Array.Sort(hashes);
        return new(hashes);
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It did not.</exception>
    public static RowDigests FromBytes(ReadOnlySpan<byte> content)
    {
        if (content.Length < Head || !content.StartsWith("MLOR\u0001\0\0\0"u8)
            || BinaryPrimitives.ReadInt64BigEndian(content[8..]) != (content.Length - Head) / HashSize || content.Length % HashSize != 0)
        {
            throw new InvalidDataException("not row digests, or damaged ones");
        }

        var hashes = new UInt128[(content.Length - Head) / HashSize];
        for (var i = 0; i < hashes.Length; i++)
        {
            hashes[i] = BinaryPrimitives.ReadUInt128BigEndian(content[(Head + (i * HashSize))..]);
            if (i > 0 && hashes[i] < hashes[i - 1])
            {
                throw new InvalidDataException("not row digests, or damaged ones");
            }
        }

        return new(hashes);
    }

    /// <summary>The binary form: the same bytes for the same rows in any order.</summary>
    public byte[] ToBytes()
    {
        var content = new byte[Head + (_sorted.Length * HashSize)];
        "MLOR\u0001"u8.CopyTo(content);
        BinaryPrimitives.WriteInt64BigEndian(content.AsSpan(8), _sorted.Length);
        for (var i = 0; i < _sorted.Length; i++)
        {
            BinaryPrimitives.WriteUInt128BigEndian(content.AsSpan(Head + (i * HashSize)), _sorted[i]);
        }

        return content;
    }

    /// <summary>The difference between two tables as multisets of rows.</summary>
    public static RowDifference Diff(RowDigests old, RowDigests now)
    {
        var (before, after, common) = (0, 0, 0);
        while (before < old.Count && after < now.Count)
        {
            var order = old._sorted[before].CompareTo(now._sorted[after]);
            common += order == 0 ? 1 : 0;
            before += order <= 0 ? 1 : 0;
            after += order >= 0 ? 1 : 0;
        }

        return new(now.Count - common, old.Count - common);
    }

    /// <summary>How many of these rows stand in one table and not in another.</summary>
    public int CountIn(RowDigests one, RowDigests notIn) => _sorted.Count(hash => Array.BinarySearch(one._sorted, hash) >= 0 && Array.BinarySearch(notIn._sorted, hash) < 0);

    /// <summary>A tag and the value; an integer column that becomes a decimal one keeps its cells' bytes.</summary>
    private static void PutCell(Span<byte> target, Column column, UInt128[]? texts, int row)
    {
        target.Clear();
        if (column.IsMissing(row))
        {
            return;
        }

        switch (column)
        {
            case NumberColumn numbers:
                target[0] = 1;
                BinaryPrimitives.WriteDoubleBigEndian(target[1..], numbers.Values[row]);
                break;
            case BooleanColumn truths:
                (target[0], target[1]) = (2, truths.Values[row]);
                break;
            case TimestampColumn times:
                target[0] = 3;
                BinaryPrimitives.WriteInt64BigEndian(target[1..], times.Values[row]);
                break;
            case StringColumn strings:
                target[0] = 4;
                BinaryPrimitives.WriteUInt128BigEndian(target[1..], texts![strings.Codes[row]]);
                break;
            default:
                throw new ArgumentException($"column '{column.Name}' has an unknown class", nameof(column));
        }
    }

    private static UInt128 Hash(string text) => XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(text));
}
