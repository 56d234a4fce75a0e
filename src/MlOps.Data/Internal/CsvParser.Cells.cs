using System.Buffers;

namespace MlOps.Data.Internal;

/// <content>Cells, quoted or not.</content>
internal sealed unsafe partial class CsvParser
{
    private static readonly SearchValues<byte> Delimiters = SearchValues.Create(",\n\r"u8);

    private byte[] _unescaped = [];

    /// <summary>Finds the cell that starts at <paramref name="p"/>, its quotes resolved.</summary>
    /// <returns>The delimiter behind it; null if that lies beyond the chunk.</returns>
    private byte* ReadCell(byte* p, out ReadOnlySpan<byte> text)
    {
        if (*p == '"' && p < _end)
        {
            return ReadQuoted(p, out text);
        }

        var rest = new ReadOnlySpan<byte>(p, (int)(_end - p));
        var length = rest.IndexOfAny(Delimiters);
        if (length < 0 || !EndsLine(p + length))
        {
            text = default;
            return null;
        }

        text = rest[..length];
        return p + length;
    }

    private byte* ReadQuoted(byte* p, out ReadOnlySpan<byte> text)
    {
        text = default;
        var opened = p++;
        var start = p;
        var unescaped = 0;
        while (true)
        {
            var length = new ReadOnlySpan<byte>(p, (int)(_end - p)).IndexOf((byte)'"');
            if (length < 0 || p + length + 1 >= _end)
            {
                return null;
            }

            p += length + 1;
            if (*p != '"')
            {
                break;
            }

            p++;
            Keep(new(start, (int)(p - start) - 1), ref unescaped);
            start = p;
        }

        text = new(start, (int)(p - start) - 1);
        if (unescaped > 0)
        {
            Keep(text, ref unescaped);
            _unescaped[unescaped] = 0;
            text = _unescaped.AsSpan(0, unescaped);
        }

        var end = p + new ReadOnlySpan<byte>(p, (int)(_end - p)).IndexOfAny(Delimiters);
        if (end < p || !EndsLine(end))
        {
            return null;
        }

        _linesInRecord += text.Count((byte)'\n');
        if (end > p)
        {
            ReportTextAfterQuote(opened, new(p, (int)(end - p)));
        }

        return end;
    }

    private void Keep(ReadOnlySpan<byte> part, ref int length)
    {
        if (_unescaped.Length < length + part.Length + 1)
        {
            Array.Resize(ref _unescaped, Math.Max((length + part.Length + 1) * 2, 256));
        }

        part.CopyTo(_unescaped.AsSpan(length));
        length += part.Length;
    }

    /// <summary>False for a carriage return whose line feed may lie beyond the chunk.</summary>
    private bool EndsLine(byte* p) => *p != '\r' || p + 1 < _end || _last;

    private static byte* AfterLine(byte* p) => *p == '\r' && p[1] == '\n' ? p + 2 : p + 1;
}
