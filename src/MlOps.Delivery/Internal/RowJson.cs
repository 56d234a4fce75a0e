using System.Text.Json;
using MlOps.Data;

namespace MlOps.Delivery.Internal;

/// <summary>Rows of a frame as the JSON that callers send; missing cells are null.</summary>
internal static class RowJson
{
    /// <summary>Plain rows for <c>/score</c>: an array of objects.</summary>
    public static byte[] Rows(Frame frame, int start, int count) => Write(json =>
    {
        json.WriteStartArray();
        for (var row = start; row < start + count; row++)
        {
            json.WriteStartObject();
            foreach (var column in frame.Columns)
            {
                json.WritePropertyName(column.Name);
                CellJson.Write(json, column, row);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>Tensors for <c>/v2/models/{m}/infer</c>: an inference request.</summary>
    public static byte[] Tensors(Frame frame, int start, int count) => Write(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("inputs"u8);
        foreach (var column in frame.Columns)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, column.Name);
            json.WriteString("datatype"u8, column switch { NumberColumn => "FP64"u8, BooleanColumn => "BOOL"u8, _ => "BYTES"u8 });
            json.WriteStartArray("shape"u8);
            json.WriteNumberValue(count);
            json.WriteEndArray();
            json.WriteStartArray("data"u8);
            for (var row = start; row < start + count; row++)
            {
                CellJson.Write(json, column, row);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            write(json);
        }

        return buffer.ToArray();
    }
}
