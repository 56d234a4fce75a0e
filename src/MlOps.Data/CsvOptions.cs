namespace MlOps.Data;

/// <summary>How a CSV file is read.</summary>
public sealed record CsvOptions
{
    /// <summary>What diagnostics call the file: best its path relative to the workspace.</summary>
    public string? Path { get; init; }

    /// <summary>Types that columns must have: a cell that does not parse is an error, a column that is absent too. Columns that it does not name are
    /// inferred. Null: all are inferred.</summary>
    public Schema? Schema { get; init; }

    /// <summary>Whether columns that the schema does not name are passed over: they are not in the table, whatever they hold.</summary>
    public bool OnlyDeclared { get; init; }

    /// <summary>How many faults of one kind are shown before "and N more"; at least 1.</summary>
    public int FaultsPerKind { get; init; } = 20;
}
