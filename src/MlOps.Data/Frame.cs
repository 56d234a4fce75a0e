using System.Diagnostics.CodeAnalysis;

namespace MlOps.Data;

/// <summary>An immutable table in columns: every column has the same number of rows and a name of its own.</summary>
public sealed class Frame
{
    private readonly Dictionary<string, Column> _byName;

    /// <summary>A table of the given columns.</summary>
    /// <exception cref="ArgumentException">Lengths differ, or a name stands twice.</exception>
    public Frame(IReadOnlyList<Column> columns)
    {
        Columns = columns;
        RowCount = columns.Count == 0 ? 0 : columns[0].Length;
        _byName = new(columns.Count, StringComparer.Ordinal);
        foreach (var column in columns)
        {
            if (column.Length != RowCount || !_byName.TryAdd(column.Name, column))
            {
                throw new ArgumentException($"column '{column.Name}' has another length or stands twice", nameof(columns));
            }
        }
    }

    /// <summary>The columns in the file's order.</summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>Number of rows.</summary>
    public int RowCount { get; }

    /// <summary>The column of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Column this[string name] => _byName[name];

    /// <summary>The column of that name, if there is one.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out Column? column) => _byName.TryGetValue(name, out column);

    /// <summary>The given rows (0-based, in that order).</summary>
    public Frame Select(ReadOnlySpan<int> rows)
    {
        var columns = new Column[Columns.Count];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = Columns[i].Select(rows);
        }

        return new(columns);
    }

    /// <summary>The columns of the given names, in that order.</summary>
    /// <exception cref="KeyNotFoundException">One is absent.</exception>
    public Frame WithOnly(IEnumerable<string> names) => new([.. names.Select(name => this[name])]);
}
