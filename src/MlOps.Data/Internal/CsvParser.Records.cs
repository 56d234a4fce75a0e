using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace MlOps.Data.Internal;

/// <content>Records and cells.</content>
internal sealed unsafe partial class CsvParser
{
    private static readonly SearchValues<byte> Delimiters = SearchValues.Create(",\n\r"u8);

    private byte[] _unescaped = [];
    private int _linesInRecord;

    /// <summary>Reads every whole record of the chunk; returns where the first that is not whole starts.</summary>
    private byte* ReadRecords(byte* p)
    {
        var columns = _columns;
        var last = columns.Length - 1;
        while (p < _end)
        {
            if (last > 0 && (*p is (byte)'\n' or (byte)'\r'))
            {
                if (!EndsLine(p))
                {
                    break;
                }

                p = AfterLine(p);
                _line++;
                continue;
            }

            if (_row == _capacity)
            {
                Reserve(Math.Max(256, _row + (_row / 2)));
            }

            _linesInRecord = 1;
            var next = ReadRecord(p, columns, last);
            if (next == null)
            {
                break;
            }

            p = next;
            _line += _linesInRecord;
        }

        return p;
    }

    /// <summary>Optimised at once: a file is read before the runtime would get round to it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private byte* ReadRecord(byte* p, ColumnBuilder[] columns, int last)
    {
        var row = _row;
        for (var index = 0; ; index++)
        {
            var column = columns[index];
            if (column.Mode == CellMode.Number)
            {
                var after = PlainNumber.Scan(p, out var value, out var shape);
                if ((shape & column.Plain) != 0 && (shape & NumberShape.OutOfRange) == 0)
                {
                    if (*after == ',' && index < last)
                    {
                        column.Numbers[row] = value;
                        column.Seen |= shape;
                        p = after + 1;
                        continue;
                    }

                    if (*after == '\n' && index == last)
                    {
                        column.Numbers[row] = value;
                        column.Seen |= shape;
                        _row++;
                        return after + 1;
                    }
                }
            }

            var end = ReadCell(p, out var text);
            if (end == null)
            {
                return null;
            }

            if (!column.Add(row, text, _capacity))
            {
                ReportType(p, column, text);
            }
            else if (column.LastOutOfRange)
            {
                column.Note(_offset + (p - _base), _line, text);
            }

            if (*end == ',' && index < last)
            {
                p = end + 1;
                continue;
            }

            if (*end != ',' && index == last)
            {
                _row++;
                return AfterLine(end);
            }

            return SkipRagged(end, index + 1);
        }
    }

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

    private byte* SkipRagged(byte* end, int cells)
    {
        while (*end == ',')
        {
            end = ReadCell(end + 1, out _);
            if (end == null)
            {
                return null;
            }

            cells++;
        }

        _faults.Add(
            CsvFault.Ragged,
            _offset + (end - _base),
            _line,
            string.Create(CultureInfo.InvariantCulture, $"a row of {cells} cells in a table of {_columns.Length} columns"),
            cells > _columns.Length ? "a comma inside a cell needs quotes around the cell" : null,
            "make it as many cells as the header has");
        return AfterLine(end);
    }

    private void ReportTextAfterQuote(byte* opened, ReadOnlySpan<byte> rest) => _faults.Add(
        CsvFault.TextAfterQuote,
        _offset + (opened - _base),
        _line,
        $"text after a closing quote: '{CsvFaults.Show(rest)}'",
        "a quoted cell ends at its closing quote; a quote inside it is written twice",
        "double the inner quotes, or remove the outer ones");

    private void ReportOpenQuote(byte* p)
    {
        if (p < _end)
        {
            _faults.Add(CsvFault.OpenQuote, _offset + (p - _base), _line, "a quote is opened and never closed",
                "the row that starts here reaches to the end of the file", "close the quote");
        }
    }

    private void ReportType(byte* p, ColumnBuilder column, ReadOnlySpan<byte> text) => _faults.Add(
        CsvFault.NotOfType,
        _offset + (p - _base),
        _line,
        string.Create(CultureInfo.InvariantCulture, $"row {_row + 1}: '{CsvFaults.Show(text)}' in column '{column.Name}' is no {Word(column.Declared!.Value)}"),
        $"the column is declared as {Word(column.Declared!.Value)}",
        "mend the cell, or declare the column as what it is");

    private static string Word(ColumnType type) => type switch
    {
        ColumnType.Integer => "integer",
        ColumnType.Number => "number",
        ColumnType.Boolean => "boolean",
        ColumnType.Timestamp => "timestamp",
        _ => "string",
    };

    private byte* ReadHeader(byte* p, bool check)
    {
        var names = new List<string>();
        while (true)
        {
            _linesInRecord = 1;
            var at = p;
            bool whole;
            names.Clear();
            do
            {
                at = ReadCell(names.Count == 0 ? at : at + 1, out var text);
                whole = at != null;
                names.Add(Encoding.UTF8.GetString(text));
            }
            while (whole && *at == ',');
            if (whole)
            {
                var next = AfterLine(at);
                if (check)
                {
                    CheckBytes(p, next, _line);
                }

                StartColumns(names, check);
                _line += _linesInRecord;
                return next;
            }

            if (_last)
            {
                ReportOpenQuote(p);
                _faults.ThrowIfAny();
            }

            p = Refill(p);
        }
    }

    private void StartColumns(List<string> names, bool check)
    {
        if (!check || _columns.Length > 0)
        {
            return;
        }

        var declared = _schema?.Columns.ToDictionary(column => column.Name, column => column.Type, StringComparer.Ordinal) ?? [];
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i].Length == 0)
            {
                _faults.Add(CsvFault.UnnamedColumn, i, 1, string.Create(CultureInfo.InvariantCulture, $"column {i + 1} has no name"), null,
                    "give it a name in the header");
            }
            else if (!seen.TryAdd(names[i], i))
            {
                _faults.Add(
                    CsvFault.DuplicateColumn,
                    i,
                    1,
                    string.Create(CultureInfo.InvariantCulture, $"columns {seen[names[i]] + 1} and {i + 1} are both named '{CsvFaults.Show(names[i])}'"),
                    null,
                    "rename one of them in the header");
            }
        }

        _columns = [.. names.Select(name => new ColumnBuilder(name, declared.TryGetValue(name, out var type) ? type : null))];
        foreach (var absent in declared.Keys.Where(name => !seen.ContainsKey(name)).Order(StringComparer.Ordinal).Select((name, index) => (name, index)))
        {
            _faults.Add(CsvFault.AbsentColumn, absent.index, 1, $"column '{absent.name}' is missing",
                $"the file has columns {string.Join(", ", names)}", "add the column, or remove it from what is declared");
        }
    }

    private void FinishChecks()
    {
        if (_row == 0 && !_faults.Any)
        {
            _faults.Add(CsvFault.HeaderOnly, 0, 1, "the file has a header but no rows", null, "add rows");
        }

        foreach (var column in _columns)
        {
            column.Settle();
        }

        var beyond = _columns.Where(column => column.Mode == CellMode.Number && !column.Misjudged)
            .SelectMany(column => column.OutOfRange.Select(cell => (cell.Offset, cell.Line, cell.Text, column.Name)));
        foreach (var (offset, line, text, name) in beyond.OrderBy(cell => cell.Offset))
        {
            _faults.Add(
                CsvFault.OutOfRange,
                offset,
                line,
                $"'{text}' in column '{name}' is beyond the range of numbers",
                "all other cells of the column are numbers; doubles reach from 5E-324 to 1.8E+308",
                "mend the cell, or leave it empty if the value is missing");
        }

        _faults.ThrowIfAny();
    }
}
