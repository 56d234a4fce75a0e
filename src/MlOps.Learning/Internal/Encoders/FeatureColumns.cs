using MlOps.Content;
using MlOps.Data;

namespace MlOps.Learning.Internal.Encoders;

/// <summary>Finds the declared features among the columns.</summary>
internal static class FeatureColumns
{
    /// <summary>What is wrong with the features (MLO6010 to MLO6015), in their order.</summary>
    public static List<Diagnostic> Check(Frame train, LearningSpec spec)
    {
        var found = new List<Diagnostic>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var names = train.Columns.Select(c => c.Name).ToList();
        foreach (var feature in spec.Features)
        {
            if (feature.Column == spec.Label || !seen.Add(feature.Column))
            {
                found.Add(new("MLO6011", $"feature '{feature.Column}' {(feature.Column == spec.Label ? "is the label itself" : "stands twice")}")
                {
                    Mend = "remove it from the features",
                });
            }
            else if (feature.Kind == FeatureKind.Identifier)
            {
                found.Add(new("MLO6012", $"feature '{feature.Column}' is an identifier")
                {
                    Why = "it names the row; a model would learn the rows by heart",
                    Mend = "remove it from the features, or give it another kind",
                });
            }
            else if (!train.TryGet(feature.Column, out var column))
            {
                found.Add(new("MLO6010", $"feature '{feature.Column}' is not a column")
                {
                    Why = $"the columns are {string.Join(", ", names)}",
                    Mend = Diagnostic.Nearest(feature.Column, names) is { } near ? $"did you mean '{near}'?" : "remove it from the features",
                });
            }
            else if (!Takes(feature.Kind, column))
            {
                found.Add(new("MLO6013", $"feature '{feature.Column}' cannot be {feature.Kind.ToString().ToLowerInvariant()}")
                {
                    Where = At(feature.Column),
                    Why = $"its cells are of type {column.Type.ToString().ToLowerInvariant()}",
                    Mend = column.Type == ColumnType.Timestamp ? "declare it 'timestamp' or 'categorical'" : "declare it 'categorical' or 'text'",
                });
            }
        }

        if (spec.Features.Count == 0)
        {
            found.Add(new("MLO6014", "there is no feature to learn from") { Mend = "name at least one column under 'features'" });
        }

        return found;
    }

    /// <summary>Where a feature, or a member of it, stands in <c>model.json</c>.</summary>
    public static string At(string column, string? member = null) =>
        $"#/features/{column.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}{(member is null ? "" : $"/{member}")}";

    // A column without any cell has no type worth a complaint.
    private static bool Takes(FeatureKind kind, Column column) => column.MissingCount == column.Length || kind switch
    {
        FeatureKind.Numeric or FeatureKind.Boolean => column is NumberColumn or BooleanColumn,
        FeatureKind.Timestamp => column is TimestampColumn,
        FeatureKind.Text => column is StringColumn,
        _ => true,
    };
}
