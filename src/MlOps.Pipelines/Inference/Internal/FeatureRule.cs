using MlOps.Data;

namespace MlOps.Pipelines.Inference.Internal;

/// <summary>Which columns become features, and as what.</summary>
internal static class FeatureRule
{
    private const int FewestForJudgement = 50;

    internal static (IReadOnlyList<InferredFeature> Features, IReadOnlyList<DroppedColumn> Dropped) Of(Frame training, InferenceOptions options)
    {
        var features = new List<InferredFeature>();
        var dropped = new List<DroppedColumn>();
        foreach (var column in training.Columns)
        {
            if (column.Name == options.Label)
            {
                continue;
            }

            var kind = FeatureInference.Infer(training, column.Name);
            if (Asked(column.Name, options) is { } asked)
            {
                dropped.Add(new(column.Name, asked));
            }
            else if (Says(column, kind) is { } reason)
            {
                dropped.Add(new(column.Name, reason, kind.Kind == FeatureKind.Identifier));
            }
            else
            {
                features.Add(new(column.Name, kind.Kind, kind.Reason));
            }
        }

        return features.Count > 0 ? (features, dropped) : throw LabelledRows.Failed(
            "MLO2109",
            "no column is left to learn from",
            string.Join("; ", dropped.Select(column => $"{column.Column}: {column.Reason}")) is { Length: > 0 } reasons ? reasons : "the label is the only column",
            options,
            "bring columns that say something about the label, or drop fewer");
    }

    private static string? Asked(string name, InferenceOptions options) =>
        options.Drop.Contains(name, StringComparer.Ordinal) ? "you asked for it"
        : name == options.SplitColumn ? "it tells test rows from training rows"
        : name == options.Group ? "it is the key of the groups"
        : null;

    /// <summary>Why a column says nothing about new rows; null if it may.</summary>
    private static string? Says(Column column, InferredKind kind)
    {
        if (kind.Kind == FeatureKind.Identifier)
        {
            return $"it names the row: {kind.Reason}";
        }

        var (cells, distinct) = Count(column);
        return cells == 0 ? "no training row has a value"
            : distinct == 1 && cells == column.Length ? $"every training row has '{column.Text(0)}'"
            : kind.Kind == FeatureKind.Categorical && column is StringColumn && cells >= FewestForJudgement && distinct > cells / 2
                ? Words.Say($"it is almost a name of the row: {distinct} texts in {cells} cells")
            : null;
    }

    private static (int Cells, int Distinct) Count(Column column)
    {
        var cells = column.Length - column.MissingCount;
        var distinct = column switch
        {
            NumberColumn numbers => numbers.Values.Where(value => !double.IsNaN(value)).Distinct().Count(),
            StringColumn strings => strings.Codes.Where(code => code >= 0).Distinct().Count(),
            BooleanColumn truths => truths.Values.Where(value => value != BooleanColumn.Missing).Distinct().Count(),
            TimestampColumn times => times.Values.Where(value => value != TimestampColumn.Missing).Distinct().Count(),
            _ => cells,
        };
        return (cells, distinct);
    }
}
