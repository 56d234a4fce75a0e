using System.Text.Json.Nodes;
using MlOps.Data;

namespace MlOps.Scoring;

/// <summary>How inputs and predictions were distributed over the training rows, in bins that stay as they are: what production is compared with.</summary>
/// <remarks><c>{"columns": {name: distribution}, "format": 1, "predictions": {name: distribution}, "rows": n}</c>. A distribution has <c>kind</c> and <c>missing</c> (rows), and
/// <list type="bullet">
/// <item>of <c>numeric</c> (numbers, instants in milliseconds since 1970 with kind <c>timestamp</c>, lengths of texts in characters with kind <c>text</c>): <c>edges</c>, ascending, at most nine, the
/// deciles without repetition; <c>counts</c>, one more: rows up to and including each edge, then rows above the last; <c>min</c> and <c>max</c>, which an empty one has not;</item>
/// <item>of <c>categorical</c> and <c>boolean</c>: <c>values</c>, the rows of up to fifty values, the more frequent first, then ordinally; <c>other</c>, the rows of all others.</item>
/// </list>
/// The same rows and model give the same bytes.</remarks>
public static class TrainingProfile
{
    private const int Bins = 10;
    private const int MostValues = 50;

    /// <summary>The profile of a model over its training rows.</summary>
    /// <param name="inputs">The columns that callers send, or the model computes.</param>
    /// <param name="rows">The training rows; columns that it lacks are left out.</param>
    /// <param name="predictions">The model's, of the same rows.</param>
    public static JsonObject Of(IEnumerable<InputColumn> inputs, Frame rows, Predictions predictions) => new()
    {
        ["columns"] = new JsonObject(inputs.Where(input => rows.TryGet(input.Name, out _)).OrderBy(input => input.Name, StringComparer.Ordinal)
            .Select(input => KeyValuePair.Create(input.Name, (JsonNode?)Of(input.Kind, rows[input.Name])))),
        ["format"] = 1,
        ["predictions"] = Of(predictions),
        ["rows"] = rows.RowCount,
    };

    private static JsonObject Of(Predictions predictions)
    {
        var rows = Enumerable.Range(0, predictions.Rows);
        var signature = predictions.Signature;
        return signature.Task switch
        {
            ModelTask.Regression => new() { ["prediction"] = Numeric("numeric", predictions.Values.Select(value => (double)value)) },
            ModelTask.Binary => new() { ["label"] = Labels(), ["probability"] = Numeric("numeric", rows.Select(row => (double)predictions.Row(row)[1])) },
            _ => new() { ["label"] = Labels(), ["probability"] = Numeric("numeric", rows.Select(row => (double)predictions.Row(row)[predictions.ClassIndex(row)])) },
        };

        JsonObject Labels() => Values("categorical", rows.Select(predictions.Class));
    }

    private static JsonObject Of(FeatureKind kind, Column column) => (kind, column) switch
    {
        (FeatureKind.Text, _) => Numeric("text", Texts(column).Select(text => text is null ? double.NaN : text.Length)),
        (FeatureKind.Numeric, NumberColumn numbers) => Numeric("numeric", numbers.Values),
        (FeatureKind.Timestamp, TimestampColumn instants) => Numeric("timestamp", instants.Values.Select(value => value == TimestampColumn.Missing ? double.NaN : value)),
        (FeatureKind.Numeric or FeatureKind.Boolean, BooleanColumn) => Values("boolean", Texts(column)),
        _ => Values("categorical", Texts(column)),
    };

    private static IEnumerable<string?> Texts(Column column) => Enumerable.Range(0, column.Length).Select(column.Text);

    private static JsonObject Numeric(string kind, IEnumerable<double> values)
    {
        var missing = 0;
        var known = new List<double>();
        foreach (var value in values)
        {
            if (double.IsFinite(value))
            {
                // Adding zero makes -0 and 0 one value.
                known.Add(value + 0.0);
            }
            else
            {
                missing++;
            }
        }

        known.Sort();
        double[] edges = known.Count == 0 ? [] : [.. Enumerable.Range(1, Bins - 1).Select(bin => known[(int)(((long)bin * known.Count) + Bins - 1) / Bins - 1]).Distinct().Where(edge => edge < known[^1])];
        var counts = new int[edges.Length + 1];
        foreach (var value in known)
        {
            var at = Array.BinarySearch(edges, value);
            counts[at < 0 ? ~at : at]++;
        }

        var json = new JsonObject { ["counts"] = List(counts), ["edges"] = List(edges), ["kind"] = kind };
        if (known.Count > 0)
        {
            (json["max"], json["min"]) = (known[^1], known[0]);
        }

        json["missing"] = missing;
        return json;
    }

    private static JsonObject Values(string kind, IEnumerable<string?> texts)
    {
        var missing = 0;
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            if (text is null)
            {
                missing++;
            }
            else
            {
                counts[text] = counts.GetValueOrDefault(text) + 1;
            }
        }

        var all = counts.OrderByDescending(value => value.Value).ThenBy(value => value.Key, StringComparer.Ordinal).ToList();
        return new()
        {
            ["kind"] = kind,
            ["missing"] = missing,
            ["other"] = all.Skip(MostValues).Sum(value => value.Value),
            ["values"] = new JsonArray([.. all.Take(MostValues).Select(value => (JsonNode)new JsonObject { ["rows"] = value.Value, ["value"] = value.Key })]),
        };
    }

    private static JsonArray List(int[] values) => [.. values.Select(value => (JsonNode)value)];

    private static JsonArray List(double[] values) => [.. values.Select(value => (JsonNode)value)];
}
