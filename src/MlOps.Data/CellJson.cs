using System.Text.Json;

namespace MlOps.Data;

/// <summary>Cells as JSON values: numbers, truth values, everything else as its canonical text; null where missing.</summary>
public static class CellJson
{
    /// <summary>Writes one cell.</summary>
    /// <param name="json">Where a value may stand.</param>
    /// <param name="column">The cell's column.</param>
    /// <param name="row">0-based.</param>
    public static void Write(Utf8JsonWriter json, Column column, int row)
    {
        switch (column)
        {
            case var _ when column.IsMissing(row):
                json.WriteNullValue();
                break;
            case NumberColumn numbers when double.IsFinite(numbers.Values[row]):
                json.WriteNumberValue(numbers.Values[row]);
                break;
            case BooleanColumn booleans:
                json.WriteBooleanValue(booleans.Values[row] == 1);
                break;
            default:
                json.WriteStringValue(column.Text(row));
                break;
        }
    }
}
