using MlOps.Content;
using MlOps.Data;

namespace MlOps.Learning.Internal;

/// <summary>How much each training row counts.</summary>
internal static class RowWeights
{
    /// <summary>The weights of the given rows, on average 1; null where the spec names no column.</summary>
    /// <exception cref="DiagnosticException">The column is absent, has no numbers, or has one that is not positive and finite (MLO6016, MLO6017).</exception>
    public static double[]? Read(Frame train, LearningSpec spec, int[] rows)
    {
        if (spec.Weight is not { } name)
        {
            return null;
        }

        if (!train.TryGet(name, out var column))
        {
            var names = train.Columns.Select(c => c.Name).ToList();
            throw Fail("MLO6016", $"weight '{name}' is not a column", $"the columns are {string.Join(", ", names)}",
                Diagnostic.Nearest(name, names) is { } near ? $"did you mean '{near}'?" : "name one of them, or remove 'weight'");
        }

        if (column is not NumberColumn { Values: var values })
        {
            throw Fail("MLO6016", $"weight '{name}' has no numbers", $"its cells are of type {column.Type.ToString().ToLowerInvariant()}",
                "name a column of numbers, or remove 'weight'");
        }

        double[] weights = [.. rows.Select(row => values[row])];
        var wrong = Array.FindIndex(weights, w => !(w > 0 && double.IsFinite(w)));
        if (wrong >= 0)
        {
            var cell = double.IsNaN(weights[wrong]) ? "empty" : CellText.Of(weights[wrong]);
            throw Fail("MLO6017", $"weight '{name}' has cells that are no positive numbers", $"training row {rows[wrong] + 1} is {cell}",
                "give every row a weight above 0, or leave out the rows that must not count");
        }

        // Against the largest first, so that no sum leaves the numbers.
        var most = weights.Max();
        var mean = OrderedSum.Mean([.. weights.Select(w => w / most)]);
        return [.. weights.Select(w => w / most / mean)];
    }

    private static DiagnosticException Fail(string code, string what, string why, string mend) => new(new Diagnostic(code, what) { Where = "#/weight", Why = why, Mend = mend });
}
