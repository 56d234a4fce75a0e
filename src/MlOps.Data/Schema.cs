namespace MlOps.Data;

/// <summary>The name and type of one column.</summary>
/// <param name="Name">The header's text.</param>
/// <param name="Type">What every cell that is not missing must be.</param>
public sealed record ColumnSchema(string Name, ColumnType Type);

/// <summary>The names and types of a table's columns, in the file's order.</summary>
public sealed record Schema(IReadOnlyList<ColumnSchema> Columns)
{
    /// <summary>The schema that a frame has.</summary>
    public static Schema Of(Frame frame) => new([.. frame.Columns.Select(column => new ColumnSchema(column.Name, column.Type))]);
}
