using MlOps.Data;
using MlOps.Learning.Internal;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>How much a column moves a model's raw scores.</summary>
/// <param name="Column">The column's name.</param>
/// <param name="MeanAbsolute">The mean over the rows of its Shapley values' absolute amounts, one per raw score (multiclass: per class).</param>
public sealed record ColumnShapley(string Column, IReadOnlyList<double> MeanAbsolute);

/// <summary>What a model's predictions come from, as a whole.</summary>
/// <param name="Rows">How many test rows the Shapley values, the shuffles and the dependence are from.</param>
/// <param name="BaseValues">The expected raw scores over the training rows.</param>
/// <param name="Shapley">Every input, the greatest first.</param>
/// <param name="Metric">What <paramref name="Importance"/> is in.</param>
/// <param name="Importance">The columns that matter most, the greatest first; empty where the metric is undefined for the rows.</param>
/// <param name="Dependence">The same columns in the same order as Shapley's, but for texts.</param>
public sealed record ModelExplanation(
    (int Shapley, int Importance, int Dependence) Rows,
    IReadOnlyList<double> BaseValues,
    IReadOnlyList<ColumnShapley> Shapley,
    string Metric,
    IReadOnlyList<ColumnImportance> Importance,
    IReadOnlyList<(string Column, IReadOnlyList<PartialPoint> Points)> Dependence)
{
    /// <summary>Rows that a thread explains at once.</summary>
    private const int Piece = 16;

    /// <summary>Fewest and most rows where none are asked for, however slow or quick the model.</summary>
    private const int LeastRows = 50, MostRows = 1000;

    /// <summary>About so many nodes, weights and characters may be looked at for each of the three, which a core does in some hundredths of a second.</summary>
    private const double MostWork = 10_000_000;

    /// <summary>Explains a model on rows that it was not fitted to, in bounded time: the same figures with any number of threads and in any order of rows.</summary>
    /// <param name="test">With the model's columns and the label.</param>
    /// <param name="threads">At least 1; changes the time only.</param>
    /// <exception cref="MlOps.Content.DiagnosticException">The model does not say how its training rows lay (MLO5020), or the rows lack a column (MLO5001) or have one of a type that
    /// cannot be taken (MLO5002).</exception>
    public static ModelExplanation Of(TrainedModel model, Frame test, ExplainOptions options, int threads, CancellationToken cancellationToken)
    {
        var explainer = new Explainer(model);
        List<string> inputs = [.. model.Signature.Inputs.Select(input => input.Name).Where(name => test.TryGet(name, out _))];
        var label = test[model.Signature.Label];
        int[] labelled = [.. Enumerable.Range(0, test.RowCount).Where(row => !label.IsMissing(row))];
        var sample = ContentSample.Of(test.WithOnly([.. inputs, label.Name]).Select(labelled), options.Rows ?? MostRows).Rows;
        var (metric, names) = (Metrics.Names(model.Signature.Task)[0], model.Signature.Inputs.Select(input => input.Name).ToArray());

        var explained = First(sample, Within(ShapleyWork(model), options.Rows));
        var shapley = MeanShapley(explainer, explained, names, threads, cancellationToken);
        List<string> chosen = [.. shapley.Where(column => inputs.Contains(column.Column)).Take(options.Features).Select(column => column.Column)];
        var work = PredictionWork(model, sample) * Math.Max(1, chosen.Count);
        var (shuffled, varied) = (Math.Min(sample.RowCount, Within(work * options.Repeats, options.Rows)), Math.Min(sample.RowCount, Within(work * options.Points, options.Rows)));
        var importance = PermutationImportance.Of(model, sample, metric, chosen, options.Repeats, shuffled, threads, cancellationToken);
        var dependence = chosen.Select(column => (column, PartialDependence.Of(model, sample, column, options.Points, varied, threads, cancellationToken)));
        return new((explained.RowCount, shuffled, varied), explainer.Explain(sample.Select([])).BaseValues, shapley, metric, importance, [.. dependence.Where(column => column.Item2.Count > 0)]);
    }

    private static int Within(double workPerRow, int? asked) => asked ?? (int)Math.Clamp(MostWork / Math.Max(1, workPerRow), LeastRows, MostRows);

    // Every leaf has a quadrature over its path, which costs about as much as thirty looks at a node.
    private static double ShapleyWork(TrainedModel model) => model.Predictor switch
    {
        TreeEnsemble ensemble => 30.0 * ensemble.Trees.Sum(tree => tree.Feature.Length / 2),
        LinearPredictor linear => (double)linear.Weights.Length * linear.Weights[0].Length,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // A row looks at about one node per level of each tree, at every character of its texts, and at its cells.
    private static double PredictionWork(TrainedModel model, Frame rows)
    {
        double nodes = model.Predictor is TreeEnsemble ensemble ? ensemble.Trees.Sum(tree => Math.Log2(tree.Feature.Length + 1)) : model.Signature.Outputs;
        var texts = model.Signature.Inputs.Where(input => input.Kind == FeatureKind.Text).Select(input => rows.TryGet(input.Name, out var cells) ? cells : null).OfType<StringColumn>();
        return nodes + (20 * model.Signature.Inputs.Count) + texts.Sum(column => column.Dictionary.Length == 0 ? 0 : 20 * column.Dictionary.Average(text => (double)text.Length));
    }

    private static Frame First(Frame rows, int most) => rows.RowCount <= most ? rows : rows.Select([.. Enumerable.Range(0, most)]);

    private static List<ColumnShapley> MeanShapley(Explainer explainer, Frame rows, string[] names, int threads, CancellationToken cancellationToken)
    {
        var parts = new double[(rows.RowCount + Piece - 1) / Piece][];
        using var workers = new Workers(threads, cancellationToken);
        workers.ForRanges(rows.RowCount, Piece, (first, end) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            var explained = explainer.Explain(rows.Select([.. Enumerable.Range(first, end - first)]));
            var (size, sums) = (explained.Outputs * names.Length, new double[explained.Outputs * names.Length]);
            for (var i = 0; i < explained.Contributions.Length; i++)
            {
                sums[i % size] += Math.Abs(explained.Contributions[i]);
            }

            parts[first / Piece] = sums;
        });
        var outputs = parts.Length == 0 ? 0 : parts[0].Length / names.Length;
        return [.. names.Select((name, c) => new ColumnShapley(name, [.. Enumerable.Range(0, outputs).Select(k => parts.Aggregate(0.0, (sum, part) => sum + part[(k * names.Length) + c]) / rows.RowCount)]))
            .OrderByDescending(column => column.MeanAbsolute.Aggregate(0.0, (sum, mean) => sum + mean)).ThenBy(column => column.Column, StringComparer.Ordinal)];
    }
}
