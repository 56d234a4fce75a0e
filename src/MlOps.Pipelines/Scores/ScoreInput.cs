using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Pipelines.Scores;

/// <summary>How the columns of a CSV file become a model's inputs: by the types that training saw, whatever a single file looks like.</summary>
internal sealed class ScoreInput
{
    private readonly List<(string Name, ColumnType? Trained)> _texts;

    /// <param name="signature">The model's inputs.</param>
    /// <param name="trained">The lock's fact <c>columns</c> of the dataset: name to type.</param>
    /// <param name="kept">Further columns to read, as texts.</param>
    /// <param name="taken">What the columns were that functions take; null where none does.</param>
    public ScoreInput(Signature signature, JsonObject? trained, IEnumerable<string> kept, IReadOnlyDictionary<string, ColumnType>? taken = null)
    {
        var inputs = signature.Inputs.Where(input => input.Code is null).Select(input => (input.Name, input.Kind, Trained: TypeOf(trained, input.Name))).ToList();
        var types = inputs.ToDictionary(input => input.Name, input => Declared(input.Kind, input.Trained), StringComparer.Ordinal);
        foreach (var (name, type) in taken ?? new Dictionary<string, ColumnType>())
        {
            // The function sees what it saw in training, and so does a feature of the same column.
            types[name] = type == ColumnType.Integer ? ColumnType.Number : type;
        }

        _texts = [.. inputs.Where(input => types[input.Name] == ColumnType.String).Select(input => (input.Name, input.Trained))];
        Schema = new([.. types.Select(column => new ColumnSchema(column.Key, column.Value)),
            .. kept.Where(name => !types.ContainsKey(name)).Select(name => new ColumnSchema(name, ColumnType.String))]);
    }

    /// <summary>What the file must have.</summary>
    public Schema Schema { get; }

    /// <summary>Rows of the file as the model takes them: categories are called as in training.</summary>
    public Frame Of(Frame part)
    {
        var columns = part.Columns.ToArray();
        foreach (var (name, trained) in _texts)
        {
            var at = Array.FindIndex(columns, column => column.Name == name);
            var texts = (StringColumn)columns[at];
            columns[at] = new StringColumn(name, texts.Codes, Array.ConvertAll(texts.Dictionary, text => Canonical(text, trained)));
        }

        return new(columns);
    }

    private static ColumnType Declared(FeatureKind kind, ColumnType? trained) => kind switch
    {
        FeatureKind.Numeric => trained == ColumnType.Boolean ? ColumnType.Boolean : ColumnType.Number,
        FeatureKind.Boolean => trained is ColumnType.Integer or ColumnType.Number ? ColumnType.Number : ColumnType.Boolean,
        FeatureKind.Timestamp => ColumnType.Timestamp,
        _ => ColumnType.String,
    };

    private static string Canonical(string text, ColumnType? trained) => trained switch
    {
        ColumnType.Integer or ColumnType.Number when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => CellText.Of(number),
        ColumnType.Boolean when bool.TryParse(text, out var truth) => truth ? "true" : "false",
        ColumnType.Timestamp when IsoTime.TryParse(text, out var time) => CellText.OfTimestamp(time),
        _ => text,
    };

    private static ColumnType? TypeOf(JsonObject? trained, string name) =>
        Enum.TryParse<ColumnType>((string?)trained?[name], ignoreCase: true, out var type) ? type : null;
}
