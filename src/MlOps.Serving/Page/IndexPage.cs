using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MlOps.Data;
using MlOps.Scoring;
using MlOps.Serving.Models;

namespace MlOps.Serving.Page;

/// <summary><c>GET /</c> for who asks from a shell: what is served, and a command per model that can be pasted there.</summary>
internal static class IndexPage
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string For(ModelCatalog catalog, string url)
    {
        var text = new StringBuilder();
        foreach (var model in catalog.Models)
        {
            text.Append(model.Name).Append(' ').Append(model.Version).Append(": predicts ").Append(model.Signature.Label).Append('\n')
                .Append("  curl -H 'Content-Type: application/json' -d '").Append(ExampleRow(model).Replace("'", "'\\''", StringComparison.Ordinal))
                .Append("' ").Append(url).Append("/score/").Append(Uri.EscapeDataString(model.Name)).Append("\n\n");
        }

        return text.Append("Open Inference Protocol: GET ").Append(url).Append("/v2/models/{model}, POST …/infer; a page with a form: ").Append(url).Append("/ in a browser\n").ToString();
    }

    /// <summary>A row that the model takes; plausible, not typical.</summary>
    private static string ExampleRow(LoadedModel model)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            foreach (var input in model.Inputs)
            {
                json.WritePropertyName(input.Name);
                WriteExample(json, model, input);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void WriteExample(Utf8JsonWriter json, LoadedModel model, InputColumn input)
    {
        switch (input.Kind)
        {
            case FeatureKind.Numeric:
                var fill = model.Model.Encoders.OfType<NumericEncoder>().FirstOrDefault(encoder => encoder.Column == input.Name)?.Fill ?? 1;
                json.WriteNumberValue(float.IsFinite(fill) ? fill : 1);
                break;
            case FeatureKind.Boolean:
                json.WriteBooleanValue(true);
                break;
            case FeatureKind.Timestamp:
                json.WriteStringValue("2024-01-31T12:00:00Z"u8);
                break;
            case FeatureKind.Text:
                json.WriteStringValue("a few words"u8);
                break;
            default:
                json.WriteStringValue(model.Categories(input.Name).FirstOrDefault() ?? "a");
                break;
        }
    }
}
