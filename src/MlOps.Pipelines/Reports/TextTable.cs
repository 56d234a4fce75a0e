using System.Text;

namespace MlOps.Pipelines.Reports;

/// <summary>A plain-text table: columns as wide as their widest cell, two blanks between, numbers to the right.</summary>
internal sealed class TextTable(params string[] headers)
{
    private readonly List<string[]> _rows = [];

    public TextTable Add(params string[] cells)
    {
        _rows.Add(cells);
        return this;
    }

    public override string ToString()
    {
        var widths = new int[headers.Length];
        var numeric = new bool[headers.Length];
        for (var c = 0; c < headers.Length; c++)
        {
            widths[c] = Math.Max(headers[c].Length, _rows.Select(row => row[c].Length).DefaultIfEmpty().Max());
            numeric[c] = _rows.Count > 0 && _rows.All(row => row[c].Length == 0 || char.IsAsciiDigit(row[c][^1]) && row[c].All(x => char.IsAsciiDigit(x) || x is '.' or ',' or '-' or '+'));
        }

        var text = new StringBuilder();
        Line(headers);
        foreach (var row in _rows)
        {
            Line(row);
        }

        return text.ToString().TrimEnd('\n');

        void Line(string[] cells)
        {
            var line = string.Join("  ", cells.Select((cell, c) => numeric[c] ? cell.PadLeft(widths[c]) : cell.PadRight(widths[c])));
            text.Append(line.TrimEnd()).Append('\n');
        }
    }
}
