using System.Globalization;
using MlOps.Content;
using MlOps.Data;
using MlOps.Learning.Internal;

namespace MlOps.Learning;

/// <summary>How rows are told apart into training and test.</summary>
public enum SplitBy
{
    /// <summary>By the hash of the row's content: equal rows fall on the same side, and a new row moves no other.</summary>
    Hash,

    /// <summary>The last rows by time are the test rows; equal instants fall on the same side; rows without a time are training rows.</summary>
    Time,

    /// <summary>The rows that have a value in a column are the test rows.</summary>
    Column,

    /// <summary>By the hash of a key: its rows fall on the same side, and a new key moves no other. A missing key is a key like any other.</summary>
    Group,

    /// <summary>By the hash of the row's content within each value of a column, so that each has its share on both sides.</summary>
    Stratified,
}

/// <summary>A declared split; <c>split</c> in <c>model.json</c>.</summary>
/// <param name="By">What decides.</param>
/// <param name="Column">The column of time, value, key or class; null for <see cref="SplitBy.Hash"/>.</param>
/// <param name="Share">The share of test rows, above 0 and below 1; not used by <see cref="SplitBy.Column"/>. Default 0.2.</param>
/// <param name="Value">For <see cref="SplitBy.Column"/> the canonical text of the test rows' cells.</param>
public sealed record SplitSpec(SplitBy By, string? Column = null, double Share = 0.2, string? Value = null);

/// <summary>Divides rows into training and test by their content alone, whatever their order: there is no seed.</summary>
public static class Split
{
    /// <summary>Whether each row is a test row; both sides have rows.</summary>
    /// <exception cref="DiagnosticException">A column is absent (MLO6020), no row has the value (MLO6021), the column has no times (MLO6022), the share is out
    /// of range (MLO6023), or one side is empty (MLO6024).</exception>
    public static bool[] Assign(Frame frame, SplitSpec spec)
    {
        var column = ColumnOf(frame, spec);
        if (spec.By != SplitBy.Column && spec.Share is not (> 0 and < 1))
        {
            throw Fail("MLO6023", "the split's share of test rows is out of range", $"it is {Print(spec.Share)}; allowed is above 0 and below 1",
                "set it to 0.2");
        }

        var isTest = spec.By switch
        {
            SplitBy.Hash => Below(RowHash.Of(frame), spec.Share),
            SplitBy.Group => Below(RowHash.Of(new Frame([column!])), spec.Share),
            SplitBy.Stratified => SortedSplit.WithinClasses(RowHash.Of(frame), Categories.Of(column!).Codes, spec.Share),
            SplitBy.Time => SortedSplit.Last(Times(column!), spec.Share),
            _ => Equal(column!, spec.Value),
        };
        if (isTest.Contains(true) && isTest.Contains(false))
        {
            return isTest;
        }

        throw Fail("MLO6024", $"the split leaves no {(isTest.Contains(true) ? "training" : "test")} rows",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{frame.RowCount} rows split by {spec.By.ToString().ToLowerInvariant()}{(column is null ? "" : $" of '{column.Name}'")}"),
            spec.By == SplitBy.Group ? "change the share, or split by 'column' and name the test key's value"
                : "change the share, add rows, or split by something else");
    }

    private static Column? ColumnOf(Frame frame, SplitSpec spec)
    {
        if (spec.By == SplitBy.Hash)
        {
            return null;
        }

        if (spec.Column is { } name && frame.TryGet(name, out var column))
        {
            return column;
        }

        var names = frame.Columns.Select(c => c.Name).ToList();
        throw Fail("MLO6020", spec.Column is null ? $"a split by {spec.By.ToString().ToLowerInvariant()} needs a column"
            : $"the split's column '{spec.Column}' is missing",
            $"the data has columns {string.Join(", ", names)}",
            Diagnostic.Nearest(spec.Column ?? "", names) is { } near ? $"did you mean '{near}'?" : "name one of them");
    }

    private static bool[] Below(ulong[] hashes, double share)
    {
        // 2^64 · share, exact for every double.
        var limit = (UInt128)(share * 18446744073709551616.0);
        return [.. hashes.Select(h => h < limit)];
    }

    private static bool[] Equal(Column column, string? value)
    {
        var (codes, texts) = Categories.Of(column);
        var wanted = Array.FindIndex(texts, t => SameText(column, t, value ?? ""));
        var isTest = new bool[codes.Length];
        for (var row = 0; row < codes.Length; row++)
        {
            isTest[row] = value is null or "" ? codes[row] < 0 : codes[row] == wanted && wanted >= 0;
        }

        if (isTest.Contains(true))
        {
            return isTest;
        }

        throw Fail("MLO6021", $"no row has '{value}' in the split's column '{column.Name}'",
            $"it has {string.Join(", ", texts.Take(10).Select(t => $"'{t}'"))}{(texts.Length > 10 ? $" and {texts.Length - 10} more" : "")}",
            Diagnostic.Nearest(value ?? "", texts) is { } near ? $"did you mean '{near}'?" : "name one of them");
    }

    // A person may write 2012.0 or TRUE for the cells 2012 and true.
    private static bool SameText(Column column, string text, string value) => text == value || column switch
    {
        NumberColumn => double.TryParse(value, CultureInfo.InvariantCulture, out var number) && CellText.Of(number) == text,
        BooleanColumn => string.Equals(text, value, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    /// <summary>A column's instants as numbers; −∞ where there is none.</summary>
    internal static double[] Times(Column column) => column switch
    {
        // Within ±2^53 milliseconds: every instant of the calendar is exact.
            TimestampColumn instants => [.. instants.Values.Select(t => t == TimestampColumn.Missing ? double.NegativeInfinity : t)],
        NumberColumn numbers => [.. numbers.Values.Select(v => double.IsNaN(v) ? double.NegativeInfinity : v)],
        _ => throw Fail("MLO6022", $"the split's column '{column.Name}' has no times",
            $"its cells are of type {column.Type.ToString().ToLowerInvariant()}", "name a column of ISO 8601 dates or of numbers that grow with time"),
    };

    private static string Print(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static DiagnosticException Fail(string code, string what, string why, string mend) => new(new Diagnostic(code, what) { Why = why, Mend = mend });
}
