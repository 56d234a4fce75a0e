using MlOps.Content;
using MlOps.Data;
using MlOps.Learning;

namespace MlOps.Pipelines.Inference.Internal;

/// <summary>The rows that have a label, and those of them that train.</summary>
internal sealed record LabelledRows(Frame All, Frame Training)
{
    internal static LabelledRows Of(Frame frame, InferenceOptions options)
    {
        CheckColumns(frame, options);
        var label = frame[options.Label];
        int[] labelled = [.. Enumerable.Range(0, frame.RowCount).Where(row => !label.IsMissing(row))];
        if (labelled.Length == 0)
        {
            throw Failed("MLO2102", $"label '{options.Label}' is missing in every row", null, options, "choose another column with --label, or fill it");
        }

        var all = labelled.Length == frame.RowCount ? frame : frame.Select(labelled);
        var training = options.SplitColumn is null ? all : Train(all, options);
        if (training.RowCount < 2)
        {
            throw Failed("MLO2103", "there is only one row to learn from", "a model needs at least two rows with different labels", options, "bring more rows");
        }

        return new(all, training);
    }

    /// <summary>The same rows with those as training rows that a split leaves to training; all of them where the table is too small to be split (Train says so).</summary>
    internal LabelledRows DividedBy(SplitSpec split)
    {
        try
        {
            var isTest = Split.Assign(All, split);
            int[] training = [.. Enumerable.Range(0, All.RowCount).Where(row => !isTest[row])];
            return training.Length < 2 ? this : this with { Training = All.Select(training) };
        }
        catch (DiagnosticException)
        {
            return this;
        }
    }

    internal static DiagnosticException Failed(string code, string what, string? why, InferenceOptions options, string mend) =>
        new(new Diagnostic(code, what) { Where = options.Where, Why = why, Mend = mend });

    private static Frame Train(Frame all, InferenceOptions options)
    {
        var column = all[options.SplitColumn!];
        int[] rows = [.. Enumerable.Range(0, all.RowCount).Where(row => !string.Equals(column.Text(row), options.TestValue, StringComparison.Ordinal))];
        if (rows.Length == all.RowCount)
        {
            var values = Enumerable.Range(0, all.RowCount).Select(column.Text).OfType<string>().Distinct().Take(5);
            throw Failed(
                "MLO2107", $"no row has '{options.TestValue}' in split column '{options.SplitColumn}'", $"it holds {string.Join(", ", values)}",
                options, "name one of its values with --test");
        }

        if (rows.Length == 0)
        {
            throw Failed("MLO2107", $"every row has '{options.TestValue}' in split column '{options.SplitColumn}'", "none is left to learn from",
                options, "name another value with --test");
        }

        return all.Select(rows);
    }

    private static void CheckColumns(Frame frame, InferenceOptions options)
    {
        var faults = new List<Diagnostic>();
        Check("MLO2101", "label", options.Label);
        Check("MLO2106", "split column", options.SplitColumn);
        Check("MLO2106", "group", options.Group);
        foreach (var name in options.Drop)
        {
            Check("MLO2106", "dropped column", name);
        }

        var twice = options.Drop.Append(options.SplitColumn).Append(options.Group).Contains(options.Label, StringComparer.Ordinal);
        if (twice)
        {
            faults.Add(new("MLO2106", $"label '{options.Label}' is also dropped, or the split's or group's column")
            {
                Where = options.Where,
                Mend = "name different columns",
            });
        }

        if (options.SplitColumn is not null && options.TestValue is null)
        {
            faults.Add(new("MLO2107", $"split column '{options.SplitColumn}' needs the value of test rows")
            {
                Where = options.Where,
                Mend = "give it with --test",
            });
        }

        if (faults.Count > 0)
        {
            throw new DiagnosticException(faults);
        }

        void Check(string code, string role, string? name)
        {
            if (name is null || frame.TryGet(name, out _))
            {
                return;
            }

            var names = frame.Columns.Select(column => column.Name).ToArray();
            var nearest = Diagnostic.Nearest(name, names);
            faults.Add(new(code, $"{role} '{name}' is not a column")
            {
                Where = options.Where,
                Why = $"the table has columns {string.Join(", ", names)}",
                Mend = nearest is null ? "name one of them" : $"did you mean '{nearest}'?",
            });
        }
    }
}
