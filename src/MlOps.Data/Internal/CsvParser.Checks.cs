using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace MlOps.Data.Internal;

/// <content>What is told of a file that is not such a table.</content>
internal sealed unsafe partial class CsvParser
{
    /// <summary>A file of one column that is a table with another delimiter would be read without complaint, and nothing could be learnt from it.</summary>
    private void CheckDelimiter(byte* p)
    {
        var rows = new CsvDelimiter();
        rows.Look(new(p, (int)(_end - p)));
        var buffer = rows.IsPossible ? new byte[ChunkSize] : [];
        var position = _source.Position;
        for (int read; rows.IsPossible && (read = _source.Read(buffer)) > 0;)
        {
            rows.Look(buffer.AsSpan(0, read));
        }

        _source.Position = position;
        rows.Look("\n"u8);
        if (rows.Found is { } delimiter)
        {
            var name = delimiter == ';' ? "semicolons" : "tabs";
            _faults.Add(
                CsvFault.OtherDelimiter,
                0,
                1,
                $"the columns are separated by {name}, not by commas",
                $"the header has no comma, and {name} stand in every row",
                "save the file with commas (and points in numbers); put the header in quotes if it is the name of one column");
            _faults.ThrowIfAny();
        }
    }

    /// <summary>Looks for NULs and for bytes that are not UTF-8 in whole records, the first of which starts on <paramref name="line"/>.</summary>
    private void CheckBytes(byte* from, byte* to, long line)
    {
        var bytes = new ReadOnlySpan<byte>(from, (int)(to - from));
        if (Utf8.IsValid(bytes) && !bytes.Contains((byte)0))
        {
            return;
        }

        var consumed = 0;
        for (var i = 0; i < bytes.Length; i += Math.Max(consumed, 1))
        {
            var valid = Rune.DecodeFromUtf8(bytes[i..], out var rune, out consumed) == OperationStatus.Done;
            line += bytes[i] == '\n' ? 1 : 0;
            if (valid && rune.Value != 0)
            {
                continue;
            }

            var offset = _offset + (from - _base) + i;
            _faults.Add(
                valid ? CsvFault.Nul : CsvFault.NotUtf8,
                offset,
                line,
                string.Create(CultureInfo.InvariantCulture, $"{(valid ? "a NUL byte" : "bytes that are not UTF-8")} at byte offset {offset}"),
                why: null,
                valid ? "remove it; a file full of them is binary or UTF-16" : "save the file as UTF-8, for example with: iconv -f LATIN1 -t UTF-8");
        }
    }

    private void CheckAnyRow()
    {
        if (_row == 0 && _rowsBefore == 0 && !_faults.Any)
        {
            _faults.Add(CsvFault.HeaderOnly, 0, 1, "the file has a header but no rows", null, "add rows");
        }
    }

    private void FinishChecks()
    {
        CheckAnyRow();
        foreach (var column in _columns)
        {
            column.Settle();
        }

        CheckRange();
        _faults.ThrowIfAny();
    }

    private void CheckRange()
    {
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
        string.Create(CultureInfo.InvariantCulture, $"row {_rowsBefore + _row + 1}: '{CsvFaults.Show(text)}' in column '{column.Name}' is no {Word(column.Declared!.Value)}"),
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
}
