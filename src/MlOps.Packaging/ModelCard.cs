using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Scoring;

namespace MlOps.Packaging;

/// <summary>What people read about a model before they use it: Markdown, with results in front in the words of Hugging Face.</summary>
/// <remarks>https://huggingface.co/docs/hub/model-cards, https://github.com/huggingface/hub-docs/blob/main/modelcard.md (<c>model-index</c>).</remarks>
internal static class ModelCard
{
    private const int MostImportant = 10, MostCategories = 12;

    public static string Markdown(PackageContent content, JsonObject signature)
    {
        var text = new StringBuilder();
        FrontMatter(text, content);
        text.Append(CultureInfo.InvariantCulture, $"# {content.About.Name}\n");
        Paragraph(text, content.About.Description ?? Summary(content));
        Section(text, "Intended use", content.Uses);
        text.Append(CultureInfo.InvariantCulture, $"\n## Data\n\nTrained on {content.Training.RowCount} rows of `{content.Dataset}`, measured on {content.TestRows} rows that it has not seen. The label is `{content.Request.Label}`. ");
        text.Append(CultureInfo.InvariantCulture, $"`{PackageFile.Profile}` tells how the training rows were distributed.\n");
        Metrics(text, content.Metrics);
        Slices(text, content.Metrics["slices"] as JsonArray ?? []);
        Importance(text, content.Importance);
        Inputs(text, signature["inputs"]!.AsArray());
        Section(text, "Limits", content.Limits);
        text.Append(CultureInfo.InvariantCulture, $"\n## Owner\n\n{content.About.Owner ?? "Nobody is named."}\n");
        return text.ToString();
    }

    private static string Summary(PackageContent content) => content.Request.Task == ModelTask.Regression ? $"Predicts the number `{content.Request.Label}`."
        : $"Predicts `{content.Request.Label}`: {string.Join(", ", content.Request.Classes)}.";

    private static void FrontMatter(StringBuilder text, PackageContent content)
    {
        var task = content.Request.Task == ModelTask.Regression ? "tabular-regression" : "tabular-classification";
        text.Append("---\n");
        if (content.About.Licence is { } licence)
        {
            text.Append(CultureInfo.InvariantCulture, $"license: {Quoted(licence.ToLowerInvariant())}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"pipeline_tag: {task}\nlibrary_name: onnx\nmodel-index:\n- name: {Quoted(content.About.Name)}\n  results:\n  - task:\n      type: {task}\n");
        text.Append(CultureInfo.InvariantCulture, $"    dataset:\n      type: {Quoted(content.Dataset)}\n      name: {Quoted(content.Dataset)}\n      split: test\n    metrics:\n");
        foreach (var (name, value) in Numbers(content.Metrics, "metrics"))
        {
            text.Append(CultureInfo.InvariantCulture, $"    - type: {Quoted(name)}\n      value: {value}\n");
        }

        text.Append("---\n");
    }

    private static void Metrics(StringBuilder text, JsonObject measured)
    {
        text.Append("\n## Metrics\n\n| metric | value | interval | constant prediction |\n| --- | --- | --- | --- |\n");
        var (intervals, baseline) = (measured["intervals"] as JsonObject, measured["baseline"] as JsonObject);
        foreach (var (name, value) in Numbers(measured, "metrics"))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {Cell(name)} | {value} | {Cell((string?)intervals?[name] ?? "")} | {Number(baseline?[name]) ?? ""} |\n");
        }
    }

    private static void Slices(StringBuilder text, JsonArray slices)
    {
        if (slices.Count == 0)
        {
            return;
        }

        string[] names = [.. slices.SelectMany(slice => Numbers(slice!.AsObject(), "metrics").Select(metric => metric.Name)).Distinct()];
        text.Append(CultureInfo.InvariantCulture, $"\n## By slice\n\n| slice | rows | {string.Join(" | ", names.Select(Cell))} |\n| --- | --- |{string.Concat(names.Select(_ => " --- |"))}\n");
        foreach (var slice in slices.OfType<JsonObject>())
        {
            text.Append(CultureInfo.InvariantCulture, $"| {Cell($"{slice["column"]} {slice["value"]?.ToString() ?? "(missing)"}")} | {slice["rows"]} |");
            foreach (var name in names)
            {
                text.Append(CultureInfo.InvariantCulture, $" {Number(slice["metrics"]?[name]) ?? ""} |");
            }

            text.Append('\n');
        }
    }

    private static void Importance(StringBuilder text, JsonObject? importance)
    {
        if (importance?["columns"] is not JsonArray { Count: > 0 } columns || columns.OfType<JsonObject>().All(column => column["importance"] is null))
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"\n## What matters\n\nHow much worse {importance["metric"]} gets when a column is shuffled.\n\n| column | importance |\n| --- | --- |\n");
        foreach (var column in columns.OfType<JsonObject>().OrderByDescending(column => (double?)column["importance"] ?? double.MinValue).ThenBy(column => (string?)column["column"], StringComparer.Ordinal).Take(MostImportant))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {Cell((string)column["column"]!)} | {Number(column["importance"]) ?? ""} |\n");
        }
    }

    private static void Inputs(StringBuilder text, JsonArray inputs)
    {
        text.Append("\n## Inputs\n\n| column | kind | seen in training |\n| --- | --- | --- |\n");
        foreach (var input in inputs.OfType<JsonObject>())
        {
            text.Append(CultureInfo.InvariantCulture, $"| {Cell((string)input["name"]!)} | {input["kind"]} | {Cell(Seen(input))} |\n");
        }
    }

    private static string Seen(JsonObject input) => input["categories"] is JsonArray categories
        ? string.Join(", ", categories.Take(MostCategories).Select(category => (string)category!)) + (categories.Count > MostCategories ? $", … ({categories.Count})" : "")
        : input["range"] is JsonObject range && (string)input["kind"]! != "timestamp" ? $"{Number(range["min"])} to {Number(range["max"])}"
        : "";

    private static void Section(StringBuilder text, string title, string? content)
    {
        if (content is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n");
            Paragraph(text, content);
        }
    }

    private static void Paragraph(StringBuilder text, string content) => text.Append('\n').Append(content.Trim()).Append('\n');

    private static IEnumerable<(string Name, string Value)> Numbers(JsonObject measured, string member) =>
        (measured[member] as JsonObject ?? []).Select(metric => (metric.Key, Number(metric.Value))).Where(metric => metric.Item2 is not null).Select(metric => (metric.Key, metric.Item2!));

    private static string? Number(JsonNode? value) => value is JsonValue number && number.TryGetValue(out double known) ? CanonicalJson.Number(known) : null;

    /// <summary>JSON's texts are YAML's, too, but for letters that YAML does not print or that end its lines: https://yaml.org/spec/1.2.2/#51-character-set.</summary>
    private static string Quoted(string text) => string.Concat(CanonicalJson.Compact(JsonValue.Create(text)).Select(letter =>
        letter is (>= '\u007f' and < '\u00a0') or '\u2028' or '\u2029' or '\ufeff' or '\ufffe' or '\uffff' ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}") : letter.ToString()));

    /// <summary>A table's cell: https://github.github.com/gfm/#tables-extension-.</summary>
    private static string Cell(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
