namespace MlOps.Data;

/// <summary>What the cells of a column are, read from their text.</summary>
public enum ColumnType
{
    /// <summary>Whole numbers within ±2^53; stored as doubles.</summary>
    Integer,

    /// <summary>Decimal numbers, finite; stored as doubles.</summary>
    Number,

    /// <summary>true/false (any case).</summary>
    Boolean,

    /// <summary>ISO 8601 dates and times; stored as milliseconds since 1970-01-01T00:00:00Z.</summary>
    Timestamp,

    /// <summary>Anything else, UTF-8.</summary>
    String,
}

/// <summary>A named column of a <see cref="Frame"/>: typed cells, each of which may be missing.</summary>
public abstract class Column(string name, ColumnType type)
{
    /// <summary>The header's text, unique within the frame.</summary>
    public string Name { get; } = name;

    /// <summary>What the cells are.</summary>
    public ColumnType Type { get; } = type;

    /// <summary>Number of cells.</summary>
    public abstract int Length { get; }

    /// <summary>Whether cell <paramref name="row"/> (0-based) is missing.</summary>
    public abstract bool IsMissing(int row);

    /// <summary>The cell's canonical text: numbers shortest round-trip, booleans <c>true</c>/<c>false</c>, timestamps ISO 8601 in UTC; null if
    /// missing.</summary>
    public abstract string? Text(int row);

    /// <summary>A new column of the given rows (0-based, in that order).</summary>
    public abstract Column Select(ReadOnlySpan<int> rows);

    /// <summary>Number of missing cells.</summary>
    public int MissingCount
    {
        get
        {
            var count = 0;
            for (var i = 0; i < Length; i++)
            {
                count += IsMissing(i) ? 1 : 0;
            }

            return count;
        }
    }
}

/// <summary>Numbers (<see cref="ColumnType.Integer"/> or <see cref="ColumnType.Number"/>); NaN is missing.</summary>
public sealed class NumberColumn(string name, double[] values, ColumnType type = ColumnType.Number) : Column(name, type)
{
    /// <summary>The cells; NaN where missing.</summary>
    public double[] Values { get; } = values;

    /// <inheritdoc/>
    public override int Length => Values.Length;

    /// <inheritdoc/>
    public override bool IsMissing(int row) => double.IsNaN(Values[row]);

    /// <inheritdoc/>
    public override string? Text(int row) => IsMissing(row) ? null : CellText.Of(Values[row]);

    /// <inheritdoc/>
    public override Column Select(ReadOnlySpan<int> rows) => new NumberColumn(Name, Gather.Cells(Values, rows), Type);
}

/// <summary>Truth values: 0 is false, 1 is true, 255 is missing.</summary>
public sealed class BooleanColumn(string name, byte[] values) : Column(name, ColumnType.Boolean)
{
    /// <summary>The value of a missing cell.</summary>
    public const byte Missing = 255;

    /// <summary>The cells: 0, 1, or <see cref="Missing"/>.</summary>
    public byte[] Values { get; } = values;

    /// <inheritdoc/>
    public override int Length => Values.Length;

    /// <inheritdoc/>
    public override bool IsMissing(int row) => Values[row] == Missing;

    /// <inheritdoc/>
    public override string? Text(int row) => Values[row] switch { 0 => "false", 1 => "true", _ => null };

    /// <inheritdoc/>
    public override Column Select(ReadOnlySpan<int> rows) => new BooleanColumn(Name, Gather.Cells(Values, rows));
}

/// <summary>Instants: milliseconds since 1970-01-01T00:00:00Z.</summary>
public sealed class TimestampColumn(string name, long[] values) : Column(name, ColumnType.Timestamp)
{
    /// <summary>The value of a missing cell.</summary>
    public const long Missing = long.MinValue;

    /// <summary>The cells, in milliseconds; <see cref="Missing"/> where missing.</summary>
    public long[] Values { get; } = values;

    /// <inheritdoc/>
    public override int Length => Values.Length;

    /// <inheritdoc/>
    public override bool IsMissing(int row) => Values[row] == Missing;

    /// <inheritdoc/>
    public override string? Text(int row) => IsMissing(row) ? null : CellText.OfTimestamp(Values[row]);

    /// <inheritdoc/>
    public override Column Select(ReadOnlySpan<int> rows) => new TimestampColumn(Name, Gather.Cells(Values, rows));
}

/// <summary>Texts, stored once each: a cell is an index into <see cref="Dictionary"/>.</summary>
public sealed class StringColumn(string name, int[] codes, string[] dictionary) : Column(name, ColumnType.String)
{
    /// <summary>The code of a missing cell.</summary>
    public const int Missing = -1;

    /// <summary>The cells: 0 to Dictionary.Length − 1, or <see cref="Missing"/>.</summary>
    public int[] Codes { get; } = codes;

    /// <summary>The distinct texts, in order of first appearance; may hold texts that no cell has.</summary>
    public string[] Dictionary { get; } = dictionary;

    /// <inheritdoc/>
    public override int Length => Codes.Length;

    /// <inheritdoc/>
    public override bool IsMissing(int row) => Codes[row] == Missing;

    /// <inheritdoc/>
    public override string? Text(int row) => Codes[row] == Missing ? null : Dictionary[Codes[row]];

    /// <inheritdoc/>
    public override Column Select(ReadOnlySpan<int> rows) => new StringColumn(Name, Gather.Cells(Codes, rows), Dictionary);
}

file static class Gather
{
    public static T[] Cells<T>(T[] cells, ReadOnlySpan<int> rows)
    {
        var result = new T[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            result[i] = cells[rows[i]];
        }

        return result;
    }
}
