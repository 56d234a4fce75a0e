using MlOps.Content;
using MlOps.Data.Internal;

namespace MlOps.Data;

/// <summary>What a dataset promises; a table that breaks it stops the build before anything is learnt.</summary>
public sealed record DataContract
{
    /// <summary>How many rows there must be.</summary>
    public RowBounds? Rows { get; init; }

    /// <summary>Promises per column, by the column's name. Columns that are not named may hold anything.</summary>
    public IReadOnlyDictionary<string, ColumnContract> Columns { get; set; } = new Dictionary<string, ColumnContract>();

    /// <summary>Every promise that a table breaks, with row numbers (1 is the first row after the header) and values; empty if it keeps all.</summary>
    /// <param name="where">What diagnostics call the table: its path relative to the workspace.</param>
    public IReadOnlyList<Diagnostic> Check(Frame frame, string where) => new ContractCheck(frame, where).Run(this);
}

/// <summary>Bounds for the number of rows, both inclusive.</summary>
public sealed record RowBounds
{
    /// <summary>The least number of rows.</summary>
    public long? Min { get; init; }

    /// <summary>The greatest number of rows.</summary>
    public long? Max { get; init; }
}

/// <summary>What one column promises. Missing cells are only counted: they break none of the other promises.</summary>
public sealed record ColumnContract
{
    /// <summary>The type of the cells. Whole numbers also keep the promise "number", and any column keeps "string".</summary>
    public ColumnType? Type { get; init; }

    /// <summary>The least number allowed, inclusive.</summary>
    public double? Min { get; init; }

    /// <summary>The greatest number allowed, inclusive.</summary>
    public double? Max { get; init; }

    /// <summary>The only values allowed, as canonical text: 8, 0.5, true, 2024-01-31, red.</summary>
    public IReadOnlyList<string>? Allowed { get; init; }

    /// <summary>The greatest share of missing cells, 0 to 1; any share unless said otherwise.</summary>
    public double? Missing { get; init; }

    /// <summary>Whether no value may stand twice.</summary>
    public bool Unique { get; init; }

    /// <summary>Whether the column must exist; true unless said otherwise.</summary>
    public bool Required { get; set; } = true;
}
