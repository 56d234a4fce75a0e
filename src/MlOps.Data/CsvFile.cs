using System.Text;

namespace MlOps.Data;

/// <summary>A frame as CSV for other programs: <see cref="CsvReader"/> reads the same cells back.</summary>
/// <remarks>UTF-8, a header, commas; quotes as in RFC 4180 where a cell needs them; lines end with LF, which line tools expect. Cells are their
/// canonical text: numbers shortest round-trip, truth values <c>true</c> and <c>false</c>, instants ISO 8601 in UTC; missing is empty.</remarks>
public static class CsvFile
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    // A blank at either end is quoted as well, since readers differ about trimming.
    private static readonly System.Buffers.SearchValues<char> s_special = System.Buffers.SearchValues.Create(",\"\r\n");

    /// <summary>Writes every row; the stream stays open.</summary>
    public static void Write(Frame frame, Stream output)
    {
        using var writer = new StreamWriter(output, s_utf8, bufferSize: 1 << 16, leaveOpen: true) { NewLine = "\n" };
        for (var c = 0; c < frame.Columns.Count; c++)
        {
            Cell(writer, frame.Columns[c].Name, c);
        }

        writer.WriteLine();
        for (var row = 0; row < frame.RowCount; row++)
        {
            for (var c = 0; c < frame.Columns.Count; c++)
            {
                Cell(writer, frame.Columns[c].Text(row) ?? "", c);
            }

            writer.WriteLine();
        }
    }

    private static void Cell(StreamWriter writer, string text, int column)
    {
        if (column > 0)
        {
            writer.Write(',');
        }

        WriteCell(writer, text);
    }

    /// <summary>Writes one cell's text, in quotes where it needs them.</summary>
    public static void WriteCell(TextWriter writer, string text)
    {
        if (text.AsSpan().ContainsAny(s_special) || (text.Length > 0 && (char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]))))
        {
            writer.Write('"');
            writer.Write(text.Replace("\"", "\"\"", StringComparison.Ordinal));
            writer.Write('"');
        }
        else
        {
            writer.Write(text);
        }
    }
}
