using System.Globalization;
using System.Runtime.CompilerServices;

namespace MlOps.Data.Internal;

/// <content>Records.</content>
internal sealed unsafe partial class CsvParser
{
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

    /// <summary>Reads the record that starts at <paramref name="p"/>; null if it is not whole.</summary>
    private byte* ReadRecord(byte* p, ColumnBuilder[] columns, int last)
    {
        var row = _row;
        for (var index = 0; ; index++)
        {
            p = ReadNumbers(p, columns, row, ref index);
            if (index > last)
            {
                _row++;
                return p;
            }

            var column = columns[index];
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

    /// <summary>Reads cells from <paramref name="index"/> on as long as they are plain numbers in columns of numbers: most files are nothing else.</summary>
    /// <remarks>Small and by itself, so that all it needs stays in registers; optimised at once, as a file is read before the runtime would get round to it.</remarks>
    /// <returns>The first cell that is something else, or the next record, where <paramref name="index"/> is the number of columns.</returns>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static byte* ReadNumbers(byte* p, ColumnBuilder[] columns, int row, ref int index)
    {
        var tables = new PlainNumber.ShortTables();
        var i = index;
        for (; i < columns.Length; i++)
        {
            var column = columns[i];
            if (column.Mode != CellMode.Number)
            {
                break;
            }

            var after = PlainNumber.ScanShort(p, tables, out var value, out var shape);
            if (shape == NumberShape.None)
            {
                after = PlainNumber.Scan(p, out var other, out var itsShape);
                (value, shape) = (other, itsShape);
            }

            if ((shape & column.Plain) == 0 || (shape & NumberShape.OutOfRange) != 0)
            {
                break;
            }

            if (i == columns.Length - 1)
            {
                after += *after == '\r' ? 1 : 0;
            }

            if (*after != (i < columns.Length - 1 ? ',' : '\n'))
            {
                break;
            }

            column.Numbers[row] = value;
            column.Seen |= shape;
            p = after + 1;
        }

        index = i;
        return p;
    }

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
}
