using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Pipelines.Inference.Internal;

/// <summary>Numeric features whose sum or difference nearly determines a numeric label: the parts of a total.</summary>
internal static class SumLeaks
{
    private const int FewestRows = 30;
    private const int MostColumns = 100;

    /// <summary>Every other combination must be this exact to be told of: good models come near, only bookkeeping gets there.</summary>
    private const double Exact = 0.9999;

    /// <param name="told">Columns that were told of alone.</param>
    internal static IReadOnlyList<Leak> Find(Frame training, InferredModel model, IReadOnlySet<string> told)
    {
        if (model.Task != ModelTask.Regression || training.RowCount < FewestRows)
        {
            return [];
        }

        var label = ((NumberColumn)training[model.Label]).Values;
        NumberColumn[] columns = [.. model.Features.Where(feature => !told.Contains(feature.Column))
            .Select(feature => training[feature.Column]).OfType<NumberColumn>().Take(MostColumns)];
        var single = Array.ConvertAll(columns, column => Scores.SquaredCorrelation(label, column.Values));
        var leaks = new List<Leak>();
        var used = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < columns.Length; i++)
        {
            for (var j = i + 1; j < columns.Length; j++)
            {
                if (Best(label, columns[i].Values, columns[j].Values) is var (score, sign) && score > LeakDetector.Threshold
                    && Halves(score, Math.Max(single[i], single[j])))
                {
                    used.UnionWith([columns[i].Name, columns[j].Name]);
                    leaks.Add(new(
                        "MLO2152",
                        [columns[i].Name, columns[j].Name],
                        $"columns '{columns[i].Name}' {sign} '{columns[j].Name}' nearly determine '{model.Label}'",
                        Words.Say($"R² {score:0.0000} together, {single[i]:0.0000} and {single[j]:0.0000} alone, on {training.RowCount} training rows")));
                }
            }
        }

        NumberColumn[] rest = [.. columns.Where(column => !used.Contains(column.Name))];
        return leaks.Count == 0 && Combination(label, rest, model.Label) is { } leak ? [leak] : leaks;
    }

    /// <summary>Whether the two together leave at most half of what the better one leaves unexplained: else it is one that matters.</summary>
    private static bool Halves(double together, double alone) => 1 - together < 0.5 * (1 - alone);

    private static (double Score, string Sign) Best(double[] label, double[] left, double[] right)
    {
        var (sum, difference) = (new double[label.Length], new double[label.Length]);
        for (var i = 0; i < label.Length; i++)
        {
            (sum[i], difference[i]) = (left[i] + right[i], left[i] - right[i]);
        }

        var (plus, minus) = (Scores.SquaredCorrelation(label, sum), Scores.SquaredCorrelation(label, difference));
        return plus >= minus ? (plus, "+") : (minus, "−");
    }

    private static Leak? Combination(double[] label, NumberColumn[] columns, string name)
    {
        if (columns.Length < 2 || LeastSquares.Fit(label, [.. columns.Select(column => column.Values)]) is not { } fit || fit.R2 < Exact)
        {
            return null;
        }

        string[] parts = [.. columns.Where((_, i) => Math.Abs(fit.Weights[i]) > 0.01).Select(column => column.Name)];
        return parts.Length < 2 ? null : new(
            "MLO2152",
            parts,
            $"columns {string.Join(", ", parts.Select(part => $"'{part}'"))} add up to '{name}'",
            Words.Say($"a weighted sum of them has R² {fit.R2:0.000000} on {label.Length} training rows"));
    }
}
