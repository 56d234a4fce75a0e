using MlOps.Content;
using MlOps.Data.Internal;

namespace MlOps.Data;

/// <summary>Reads CSV as RFC 4180 describes it (https://www.rfc-editor.org/rfc/rfc4180) into a typed <see cref="Frame"/>.</summary>
/// <remarks>
/// <para>Commas separate; lines end in LF, CRLF or CR; the last needs no end. A cell that starts with a quote ends at the next single one and may hold
/// commas, line ends and doubled quotes; a quote further on in an unquoted cell is a quote. Blanks belong to the cell. An empty cell is missing, quoted or
/// not. Empty lines are passed over, but are a missing cell in a table of one column. UTF-8, with or without a byte order mark.</para>
/// <para>A column that no schema declares has the first of these types that all its cells have: Integer (whole, within ±2^53, no plus sign, no leading
/// zeros: 007 is a name), Number (with a point or an exponent somewhere in the column, finite; NaN and Infinity are words), Boolean (true, false in any
/// case), Timestamp (ISO 8601: a date, or date and time with T or a blank, seconds and fraction optional, Z or an offset; no offset is UTC; what is finer
/// than a millisecond is cut), else String. Whole numbers beyond ±2^53 make a column of whole numbers a String, as a double would change them. A column
/// of missing cells only is a String.</para>
/// <para>A declared column takes plus signs and leading zeros for what they mean in numbers.</para>
/// </remarks>
public static class CsvReader
{
    private const int PartSize = 1 << 20;

    /// <summary>Reads a table from bytes.</summary>
    public static Frame Read(byte[] content, CsvOptions? options = null, CancellationToken cancellation = default)
    {
        using var stream = new MemoryStream(content, writable: false);
        return Read(stream, options, cancellation);
    }

    /// <summary>Reads a table from a stream that can seek, from its position on; large files stay on disk but for a chunk.</summary>
    /// <exception cref="DiagnosticException">The content is not such a table; it carries all that is wrong with it.</exception>
    public static Frame Read(Stream content, CsvOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new();
        return new CsvParser(content, options.Path ?? "data.csv", options, cancellation).Read();
    }

    /// <summary>Reads the columns that the schema names part by part, rows in order: a file of any length takes the memory of a part, some MB.</summary>
    /// <remarks>A part with faults ends it: those of later parts are not told.</remarks>
    /// <exception cref="DiagnosticException">The content is not such a table.</exception>
    public static IEnumerable<Frame> ReadParts(Stream content, CsvOptions options, CancellationToken cancellation = default)
    {
        var parser = new CsvParser(content, options.Path ?? "data.csv", options with { Schema = options.Schema ?? new([]), OnlyDeclared = true }, cancellation, PartSize);
        while (parser.ReadPart() is { } part)
        {
            yield return part;
        }
    }

    /// <summary>Reads a table from a file.</summary>
    public static Frame ReadFile(string path, CsvOptions? options = null, CancellationToken cancellation = default)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        return Read(stream, (options ?? new()) with { Path = options?.Path ?? path }, cancellation);
    }
}
