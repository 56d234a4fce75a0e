using System.Globalization;
using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Learning.Internal;

/// <summary>The truth of the rows that have one.</summary>
/// <param name="Rows">The rows with a label, ascending.</param>
/// <param name="Numbers">For regression the label of each of <paramref name="Rows"/>; else empty.</param>
/// <param name="Classes">For classification the class of each of <paramref name="Rows"/> as an index into the signature's; else empty.</param>
internal sealed record Labels(Signature Signature, int[] Rows, double[] Numbers, int[] Classes)
{
    private const int MostClasses = 1000;

    // A tenth of what float32 holds, so that neither means nor differences leave it.
    private const double MostNumber = 3e37;

    private static readonly string[] UsualPositives = ["1", "true", "yes"];

    /// <summary>Reads the training rows' labels.</summary>
    /// <exception cref="DiagnosticException">They cannot be learnt from.</exception>
    public static Labels Read(Frame train, LearningSpec spec)
    {
        if (!train.TryGet(spec.Label, out var column))
        {
            throw Fail("MLO6002", $"label '{spec.Label}' is not a column",
                $"the columns are {Quoted(train.Columns.Select(c => c.Name))}", NearestMend(spec.Label, train.Columns.Select(c => c.Name)));
        }

        int[] rows = [.. Enumerable.Range(0, train.RowCount).Where(r => !column.IsMissing(r))];
        if (rows.Length < 2)
        {
            throw Fail("MLO6005", "there are too few training rows",
                $"{train.RowCount} training {(train.RowCount == 1 ? "row" : "rows")}, of which {rows.Length} with label '{spec.Label}'; at least 2 are needed",
                "add rows, or let the split leave more of them for training");
        }

        var inputs = spec.Features.Select(f => new InputColumn(f.Column, f.Kind) { Code = f.Options.Code, From = f.Options.From ?? [] }).ToArray();
        return spec.Task == ModelTask.Regression ? ReadNumbers(column, rows, spec, inputs) : ReadClasses(column, rows, spec, inputs);
    }

    /// <summary>The class of each row as an index into <paramref name="classes"/>; −1 for a class not among them, −2 where missing.</summary>
    public static int[] ClassOfRows(Column column, IReadOnlyList<string> classes)
    {
        var (codes, texts) = Categories.Of(column);
        var index = classes.Select((text, i) => (text, i)).ToDictionary(c => c.text, c => c.i, StringComparer.Ordinal);
        var map = texts.Select(text => index.GetValueOrDefault(text, -1)).ToArray();
        return [.. codes.Select(code => code < 0 ? -2 : map[code])];
    }

    /// <summary>The numbers of a column that regression can take: quantities, and truth values as 0 and 1; NaN where missing. Null for others.</summary>
    public static double[]? NumbersOf(Column column) => column switch
    {
        NumberColumn numbers => numbers.Values,
        BooleanColumn truths => [.. truths.Values.Select(v => v == BooleanColumn.Missing ? double.NaN : v)],
        _ => null,
    };

    private static Labels ReadNumbers(Column column, int[] rows, LearningSpec spec, InputColumn[] inputs)
    {
        if (NumbersOf(column) is not { } all)
        {
            throw Fail("MLO6003", $"label '{spec.Label}' has no numbers for regression to predict",
                $"its cells are of type {Lower(column.Type)}", "choose another label, or task 'binary' or 'multiclass'");
        }

        double[] numbers = [.. rows.Select(r => all[r])];
        if (numbers.All(n => n == numbers[0]))
        {
            throw Constant(spec.Label, CellText.Of(numbers[0]), rows.Length);
        }

        if (numbers.Any(n => !(Math.Abs(n) < MostNumber)))
        {
            throw Fail("MLO6008", $"label '{spec.Label}' has numbers too large to predict", "predictions are float32, at most 3.4e38",
                "divide the label in a preparation step");
        }

        return new(new(spec.Task, spec.Label, inputs, []), rows, numbers, []);
    }

    private static Labels ReadClasses(Column column, int[] rows, LearningSpec spec, InputColumn[] inputs)
    {
        var (codes, texts) = Categories.Of(column);
        var counts = new int[texts.Length];
        foreach (var row in rows)
        {
            counts[codes[row]]++;
        }

        string[] classes = [.. texts.Where((_, i) => counts[i] > 0).Order(StringComparer.Ordinal)];
        if (classes.Length == 1)
        {
            throw Constant(spec.Label, classes[0], rows.Length);
        }

        if (classes.Length > MostClasses)
        {
            throw Fail("MLO6006", $"label '{spec.Label}' has too many classes", $"{classes.Length} in the training rows; at most {MostClasses}",
                "choose task 'regression' if it is a quantity, or merge rare classes");
        }

        if (spec.Task == ModelTask.Binary)
        {
            classes = NegativeAndPositive(classes, c => counts[Array.IndexOf(texts, c)], spec);
        }

        var all = ClassOfRows(column, classes);
        return new(new(spec.Task, spec.Label, inputs, classes), rows, [], [.. rows.Select(r => all[r])]);
    }

    private static string[] NegativeAndPositive(string[] classes, Func<string, int> count, LearningSpec spec)
    {
        if (classes.Length != 2)
        {
            throw Fail("MLO6006", $"label '{spec.Label}' has more than two classes", $"the training rows have {Quoted(classes)}",
                "set task 'multiclass', or merge classes in a preparation step");
        }

        if (spec.Positive is { } wanted && !classes.Contains(wanted, StringComparer.Ordinal))
        {
            throw Fail("MLO6007", $"label '{spec.Label}' never has the positive value '{wanted}'", $"the training rows have {Quoted(classes)}",
                NearestMend(wanted, classes));
        }

        var positive = spec.Positive
            ?? classes.FirstOrDefault(c => UsualPositives.Contains(c, StringComparer.OrdinalIgnoreCase))
            ?? (count(classes[0]) < count(classes[1]) ? classes[0] : classes[1]);
        return [classes.First(c => c != positive), positive];
    }

    private static DiagnosticException Constant(string label, string value, int rows) => Fail("MLO6004", $"label '{label}' is constant",
        string.Create(CultureInfo.InvariantCulture, $"all {rows} training rows with a label have '{value}'"),
        "choose another label, or a split whose training rows vary");

    private static DiagnosticException Fail(string code, string what, string why, string? mend) => new(new Diagnostic(code, what) { Why = why, Mend = mend });

    private static string? NearestMend(string word, IEnumerable<string> candidates) =>
        Diagnostic.Nearest(word, candidates) is { } near ? $"did you mean '{near}'?" : null;

    private static string Lower(ColumnType type) => type.ToString().ToLowerInvariant();

    private static string Quoted(IEnumerable<string> names)
    {
        var all = names.ToList();
        return string.Join(", ", all.Take(20).Select(n => $"'{n}'")) + (all.Count > 20 ? $" and {all.Count - 20} more" : "");
    }
}
