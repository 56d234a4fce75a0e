using System.Globalization;
using System.Text;
using MlOps.Content;

namespace MlOps.Data.Internal;

/// <summary>The kinds of faults that a CSV file can have, by their code.</summary>
internal enum CsvFault
{
    Empty = 4001,
    HeaderOnly = 4002,
    Ragged = 4003,
    Nul = 4004,
    NotUtf8 = 4005,
    DuplicateColumn = 4006,
    UnnamedColumn = 4007,
    OutOfRange = 4008,
    OpenQuote = 4009,
    TextAfterQuote = 4010,
    NotOfType = 4011,
    AbsentColumn = 4012,
    TooBig = 4013,
    OtherDelimiter = 4014,
}

/// <summary>Gathers a file's faults, a few of each kind, and counts the rest.</summary>
internal sealed class CsvFaults(string path, int perKind)
{
    private readonly List<Diagnostic> _shown = [];
    private readonly SortedDictionary<CsvFault, (int Count, long Offset)> _seen = [];

    internal bool Any => _shown.Count > 0;

    /// <summary>Adds a fault at a byte offset; one at or before the last of its kind was already told (a record that crossed a buffer is read twice).</summary>
    internal void Add(CsvFault kind, long offset, long line, string what, string? why, string mend)
    {
        var (count, last) = _seen.GetValueOrDefault(kind, (0, -1));
        if (offset <= last)
        {
            return;
        }

        _seen[kind] = (count + 1, offset);
        if (count < perKind)
        {
            _shown.Add(new(Code(kind), what) { Where = string.Create(CultureInfo.InvariantCulture, $"{path}:{line}"), Why = why, Mend = mend });
        }
    }

    internal void ThrowIfAny()
    {
        if (!Any)
        {
            return;
        }

        foreach (var (kind, (count, _)) in _seen)
        {
            if (count > perKind)
            {
                var rest = new Diagnostic(Code(kind), string.Create(CultureInfo.InvariantCulture, $"and {count - perKind} more of this kind")) { Where = path };
                _shown.Insert(_shown.FindLastIndex(fault => fault.Code == rest.Code) + 1, rest);
            }
        }

        throw new DiagnosticException(_shown);
    }

    /// <summary>A cell's text for people: at most 40 characters, one line.</summary>
    internal static string Show(ReadOnlySpan<byte> text)
    {
        var shown = Encoding.UTF8.GetString(text.Length > 160 ? text[..160] : text);
        return Show(shown);
    }

    internal static string Show(string text)
    {
        var line = text.ReplaceLineEndings("\\n").Replace("\0", "\\0", StringComparison.Ordinal);
        return line.Length > 40 ? line[..39] + "…" : line;
    }

    private static string Code(CsvFault kind) => string.Create(CultureInfo.InvariantCulture, $"MLO{(int)kind}");
}
