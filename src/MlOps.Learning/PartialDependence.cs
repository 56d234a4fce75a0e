using MlOps.Data;
using MlOps.Learning.Internal;
using MlOps.Learning.Internal.Encoders;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>What a model predicts in the mean when a column has one value in all rows.</summary>
/// <param name="Value">The value's canonical text; null is missing.</param>
/// <param name="Number">Where the value stands on an axis: the number, 0 or 1, or milliseconds since the epoch; null for categories and missing.</param>
/// <param name="Means">The mean prediction: one number, or a probability per class in the signature's order.</param>
public sealed record PartialPoint(string? Value, double? Number, IReadOnlyList<double> Means);

/// <summary>Partial dependence (Friedman 2001, <see href="https://doi.org/10.1214/aos/1013203451"/>): how the mean prediction follows a column.</summary>
/// <remarks>The rows stay as they are but for the column, also where such a row could never be. The same figures with any number of threads and in any order of rows.</remarks>
public static class PartialDependence
{
    /// <summary>The points of a column: quantiles, ascending, of numbers and instants; both truth values; the most frequent categories first. Missing comes last, where it occurs.</summary>
    /// <param name="rows">With the model's columns.</param>
    /// <param name="column">One of the signature's inputs.</param>
    /// <param name="points">Most values, without missing: 2 or more; 20 is usual.</param>
    /// <param name="mostRows">Of more rows, so many are taken for the means, by their content; 1,000 is usual.</param>
    /// <param name="threads">At least 1; changes the time only.</param>
    /// <returns>Empty for texts, which have no grid, and where there are no rows.</returns>
    /// <exception cref="MlOps.Content.DiagnosticException">The rows lack a column (MLO5001), or it has a type that cannot be taken (MLO5002).</exception>
    public static IReadOnlyList<PartialPoint> Of(TrainedModel model, Frame rows, string column, int points, int mostRows, int threads, CancellationToken cancellationToken)
    {
        var scorer = new Scorer(model);
        var kind = model.Signature.Inputs.First(input => input.Name == column).Kind;
        if (kind == FeatureKind.Text || rows.RowCount == 0 || !rows.TryGet(column, out var cells))
        {
            return [];
        }

        var sample = ContentSample.Of(rows.WithOnly(model.Signature.Inputs.Select(input => input.Name).Where(name => rows.TryGet(name, out _))), mostRows).Rows;
        var grid = Grid(kind, cells, Math.Max(points, 2));
        var means = new double[grid.Count][];
        using var workers = new Workers(threads, cancellationToken);
        workers.For(grid.Count, i =>
        {
            // The first row's cell in all rows.
            var fixedCells = grid[i].Cell.Select(new int[sample.RowCount]);
            var predictions = scorer.Predict(new Frame([.. sample.Columns.Select(other => other.Name == column ? fixedCells : other)]));
            means[i] = new double[predictions.Signature.Outputs];
            for (var r = 0; r < predictions.Rows; r++)
            {
                for (var k = 0; k < means[i].Length; k++)
                {
                    means[i][k] += predictions.Row(r)[k];
                }
            }

            means[i] = Array.ConvertAll(means[i], sum => sum / predictions.Rows);
        });
        return [.. grid.Select((point, i) => new PartialPoint(point.Cell.Text(0), point.Number, means[i]))];
    }

    // Each value as a column of one cell.
    private static List<(Column Cell, double? Number)> Grid(FeatureKind kind, Column cells, int points)
    {
        var name = cells.Name;
        List<(Column Cell, double? Number)> grid = (kind, cells) switch
        {
            (FeatureKind.Categorical, _) => Frequent(cells, points),
            (_, NumberColumn numbers) => [.. Quantiles(numbers.Values.Where(double.IsFinite), points).Select(value => ((Column)new NumberColumn(name, [value], numbers.Type), (double?)value))],
            (_, TimestampColumn instants) => [.. Quantiles(instants.Values.Where(value => value != TimestampColumn.Missing), points)
                .Select(value => ((Column)new TimestampColumn(name, [value]), (double?)value))],
            (_, BooleanColumn truths) => [.. Quantiles(truths.Values.Where(value => value != BooleanColumn.Missing), points)
                .Select(value => ((Column)new BooleanColumn(name, [value]), (double?)value))],
            _ => [],
        };
        var missing = Enumerable.Range(0, cells.Length).FirstOrDefault(cells.IsMissing, -1);
        if (missing >= 0)
        {
            grid.Add((cells.Select([missing]), null));
        }

        return grid;
    }

    private static List<(Column Cell, double? Number)> Frequent(Column cells, int points)
    {
        var categories = CategoryCounts.Of(cells);
        return [.. categories.Frequent(1, points).Select(category => ((Column)new StringColumn(cells.Name, [0], [categories.Texts[category]]), (double?)null))];
    }

    private static IEnumerable<T> Quantiles<T>(IEnumerable<T> present, int points)
    {
        var sorted = present.Order().ToArray();
        return sorted.Length == 0 ? [] : Enumerable.Range(0, points).Select(i => sorted[(long)i * (sorted.Length - 1) / (points - 1)]).Distinct();
    }
}
