using MlOps.Content;
using MlOps.Data;
using MlOps.Pipelines.Inference.Internal;

namespace MlOps.Pipelines.Inference;

/// <summary>Finds columns that give the label away: knowledge that training has and that the day of prediction will lack.</summary>
/// <remarks>Only figures, types and general English words are looked at; at most 50,000 rows, evenly spaced.</remarks>
public static class LeakDetector
{
    /// <summary>A feature is told of when its R² (regression) or its area under the ROC curve (classes) is above this.</summary>
    public const double Threshold = 0.98;

    private const int MostRows = 50_000;

    /// <summary>Warnings about features that nearly determine the label, alone (MLO2151) or added up (MLO2152), about identifiers (MLO2153), about
    /// names (MLO2154) and times (MLO2155) that speak of afterwards; in that order.</summary>
    /// <param name="training">Training rows only, each with a label.</param>
    /// <param name="where">What diagnostics call the table.</param>
    public static IReadOnlyList<Diagnostic> Find(Frame training, InferredModel model, string where)
    {
        var step = ((training.RowCount - 1) / MostRows) + 1;
        int[] rows = [.. Enumerable.Range(0, training.RowCount).Where(row => row % step == 0)];
        var sample = step == 1 ? training : training.Select(rows);
        var alone = SingleLeaks.Find(sample, model);
        var told = alone.Select(leak => leak.Columns[0]).ToHashSet(StringComparer.Ordinal);
        var leaks = alone.Concat(SumLeaks.Find(sample, model, told)).Concat(Hindsight.Find(sample, model));
        return [.. leaks.Select(leak => leak.ToDiagnostic(where))];
    }
}
