using System.Text.Json;
using MlOps.Data.Internal;

namespace MlOps.Data;

/// <summary>A description of a table in numbers: the same bytes for the same cells, on every machine.</summary>
/// <remarks>Per column <c>type</c>, <c>missing</c> and <c>distinct</c> (exact, missing not counted); for numbers <c>min</c>, <c>max</c>, <c>mean</c>,
/// <c>std</c> (of the population) and <c>quantiles</c> (linear between neighbours); for timestamps <c>earliest</c> and <c>latest</c>; <c>top</c>: up to ten
/// most frequent values of strings, booleans and numbers of few values, the more frequent first, then ordinally. What is not finite is left out.</remarks>
public static class Profile
{
    /// <summary>The profile as indented JSON with ordinally sorted keys, LF line ends and a newline at the end.</summary>
    public static byte[] ToJson(Frame frame)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new() { Indented = true, NewLine = "\n" }))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("columns");
            foreach (var column in frame.Columns.OrderBy(column => column.Name, StringComparer.Ordinal))
            {
                writer.WriteStartObject(column.Name);
                ColumnProfile.Of(column).Write(writer);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteNumber("format", 1);
            writer.WriteNumber("rows", frame.RowCount);
            writer.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }
}
