using System.Text;
using MlOps.Content;

namespace MlOps.Pipelines.Reports;

/// <summary>A plain-text table: columns as wide as their widest cell, two blanks between, numbers to the right.</summary>
internal sealed class TextTable(params string[] headers)
{
    private const string Blanks = "                                                                                ";

    private readonly List<string[]> _rows = [];

    public TextTable Add(params string[] cells)
    {
        for (var c = 0; c < cells.Length; c++)
        {
            cells[c] = ForeignText.Shown(cells[c]);
        }

        _rows.Add(cells);
        return this;
    }

    public override string ToString()
    {
        // Loops: this is the last thing that a quick command does, and the JIT compiler would have to make code for every lambda's types.
        var widths = new int[headers.Length];
        var numeric = new bool[headers.Length];
        for (var c = 0; c < headers.Length; c++)
        {
            (widths[c], numeric[c]) = (headers[c].Length, _rows.Count > 0);
            foreach (var row in _rows)
            {
                widths[c] = Math.Max(widths[c], row[c].Length);
                numeric[c] &= IsNumber(row[c]);
            }
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
            var line = new StringBuilder();
            for (var c = 0; c < cells.Length; c++)
            {
                var padding = widths[c] - cells[c].Length;
                line.Append(c == 0 ? "" : "  ");
                Pad(line, numeric[c] ? padding : 0).Append(cells[c]);
                Pad(line, numeric[c] ? 0 : padding);
            }

            text.Append(line.ToString().TrimEnd()).Append('\n');
        }
    }

    /// <summary>As PadLeft and PadRight would, which fill memory by generic vectors.</summary>
    private static StringBuilder Pad(StringBuilder line, int count)
    {
        for (; count > 0; count -= Blanks.Length)
        {
            line.Append(Blanks, 0, Math.Min(count, Blanks.Length));
        }

        return line;
    }

    private static bool IsNumber(string cell)
    {
        foreach (var character in cell)
        {
            if (!char.IsAsciiDigit(character) && character is not ('.' or ',' or '-' or '+'))
            {
                return false;
            }
        }

        return cell.Length == 0 || char.IsAsciiDigit(cell[^1]);
    }
}
