using System.Globalization;
using System.Text;
using MlOps.Content;

namespace MlOps.Data.Internal;

/// <summary>Holds a frame against a contract.</summary>
internal sealed class ContractCheck(Frame frame, string where)
{
    private const int Shown = 5;

    private readonly List<Diagnostic> _broken = [];

    internal IReadOnlyList<Diagnostic> Run(DataContract contract)
    {
        if (contract.Rows is { } rows && (frame.RowCount < rows.Min || frame.RowCount > rows.Max))
        {
            Add("MLO4101", Say($"{frame.RowCount} rows, where {Range(rows.Min, rows.Max)} are promised"), null);
        }

        foreach (var (name, promise) in contract.Columns.OrderBy(column => column.Key, StringComparer.Ordinal))
        {
            if (frame.TryGet(name, out var column))
            {
                Check(column, promise);
            }
            else if (promise.Required)
            {
                var nearest = Diagnostic.Nearest(name, frame.Columns.Select(other => other.Name));
                Add("MLO4102", $"column '{name}' is missing", $"the table has columns {string.Join(", ", frame.Columns.Select(other => other.Name))}"
                    + (nearest is null ? "" : $"; did you mean '{nearest}'?"));
            }
        }

        return _broken;
    }

    private void Check(Column column, ColumnContract promise)
    {
        if (promise.Type is { } type && !Keeps(column.Type, type))
        {
            var before = _broken.Count;
            Cells("MLO4103", column, Breaks(column, type), $"column '{column.Name}' holds {Word(column.Type)}s, where {Word(type)}s are promised");
            if (_broken.Count == before && column is StringColumn)
            {
                // Leading zeros, a plus sign, whole numbers beyond 2^53: readable as numbers, but not taken for them.
                Cells("MLO4103", column, _ => true, $"column '{column.Name}' was read as strings, where {Word(type)}s are promised");
            }
        }

        if (column is NumberColumn numbers)
        {
            if (promise.Min is { } min)
            {
                Cells("MLO4104", column, row => numbers.Values[row] < min, Say($"column '{column.Name}' goes below its least value {min:R}"));
            }

            if (promise.Max is { } max)
            {
                Cells("MLO4104", column, row => numbers.Values[row] > max, Say($"column '{column.Name}' goes above its greatest value {max:R}"));
            }
        }
        else if (promise.Min is not null || promise.Max is not null)
        {
            Add("MLO4104", $"column '{column.Name}' holds {Word(column.Type)}s, which have no least or greatest number", null);
        }

        if (promise.Allowed is { } allowed)
        {
            var set = allowed.ToHashSet(StringComparer.Ordinal);
            Cells("MLO4105", column, row => !set.Contains(column.Text(row)!), $"column '{column.Name}' holds values that are not allowed");
        }

        CheckMissing(column, promise);
        if (promise.Unique)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            Cells("MLO4107", column, row => !seen.Add(column.Text(row)!), $"column '{column.Name}' repeats values, where each is promised once");
        }
    }

    private void CheckMissing(Column column, ColumnContract promise)
    {
        var missing = column.MissingCount;
        if (promise.Missing is { } share && missing > share * column.Length)
        {
            var first = Enumerable.Range(0, column.Length).Where(column.IsMissing).Take(Shown).Select(row => Say($"{row + 1}"));
            Add(
                "MLO4106",
                Say($"column '{column.Name}' lacks {missing} of {column.Length} cells, where a share of {share:R} is allowed"),
                $"missing in rows {string.Join(", ", first)}{(missing > Shown ? ", …" : "")}");
        }
    }

    private void Cells(string code, Column column, Predicate<int> offends, string what)
    {
        var (count, shown) = (0, new List<string>());
        for (var row = 0; row < column.Length; row++)
        {
            if (column.IsMissing(row) || !offends(row))
            {
                continue;
            }

            if (count++ < Shown)
            {
                shown.Add(Say($"row {row + 1}: '{CsvFaults.Show(column.Text(row)!)}'"));
            }
        }

        if (count > 0)
        {
            Add(code, what, Say($"{count} {(count == 1 ? "cell" : "cells")}: {string.Join(", ", shown)}{(count > Shown ? ", …" : "")}"));
        }
    }

    private static bool Keeps(ColumnType has, ColumnType promised) =>
        has == promised || promised == ColumnType.String || (has == ColumnType.Integer && promised == ColumnType.Number);

    /// <summary>Which cells break the promise, where only some do: 12 and x in a column that should be numbers.</summary>
    private static Predicate<int> Breaks(Column column, ColumnType promised) => (column, promised) switch
    {
        (NumberColumn numbers, ColumnType.Integer) => row => numbers.Values[row] != Math.Floor(numbers.Values[row]),
        (StringColumn, ColumnType.Number) => row => PlainNumber.ParseDeclared(Utf8(column, row), out _) == NumberShape.None,
        (StringColumn, ColumnType.Integer) => row => PlainNumber.ParseDeclared(Utf8(column, row), out _) != NumberShape.Integer,
        (StringColumn, ColumnType.Timestamp) => row => !IsoTime.TryParse(Utf8(column, row), out _),
        (StringColumn, ColumnType.Boolean) => row => !bool.TryParse(column.Text(row), out _),
        _ => _ => true,
    };

    private static byte[] Utf8(Column column, int row) => Encoding.UTF8.GetBytes(column.Text(row)!);

    private static string Word(ColumnType type) => type.ToString().ToLowerInvariant();

    private static string Range(long? min, long? max) => (min, max) switch
    {
        (null, _) => Say($"at most {max}"),
        (_, null) => Say($"at least {min}"),
        _ => Say($"{min} to {max}"),
    };

    private void Add(string code, string what, string? why) => _broken.Add(
        new(code, what) { Where = where, Why = why, Mend = "mend the data, or change what the dataset's contract promises" });

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
