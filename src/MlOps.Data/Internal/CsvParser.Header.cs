using System.Globalization;
using System.Text;
using MlOps.Content;

namespace MlOps.Data.Internal;

/// <content>The header.</content>
internal sealed unsafe partial class CsvParser
{
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

        _columns = [.. names.Select(name => new ColumnBuilder(name, declared.TryGetValue(name, out var type) ? type : null, _onlyDeclared && !declared.ContainsKey(name)))];
        foreach (var absent in declared.Keys.Where(name => !seen.ContainsKey(name)).Order(StringComparer.Ordinal).Select((name, index) => (name, index)))
        {
            var nearest = Diagnostic.Nearest(absent.name, names);
            _faults.Add(CsvFault.AbsentColumn, absent.index, 1, $"column '{absent.name}' is missing", $"the file has columns {string.Join(", ", names)}",
                nearest is null ? "add the column, or remove it from what is declared" : $"rename '{nearest}' to '{absent.name}', if that is what it is");
        }
    }
}
