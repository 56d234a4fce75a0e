using System.Text;
using System.Text.Json;
using MlOps.Data;

namespace MlOps.Scoring.Onnx.Internal;

/// <summary>The signature as JSON in the file's metadata, since graphs know neither column names nor kinds.</summary>
internal static class SignatureText
{
    /// <summary>The metadata's key.</summary>
    public const string Key = "mlops.signature";

    public static string Write(Signature signature)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteStartArray("classes");
            foreach (var name in signature.Classes)
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
            json.WriteStartArray("inputs");
            var names = InputNames.For(signature.Inputs);
            for (var i = 0; i < names.Length; i++)
            {
                json.WriteStartObject();
                json.WriteString("column", signature.Inputs[i].Name);
                json.WriteString("input", names[i]);
                json.WriteString("kind", signature.Inputs[i].Kind.ToString().ToLowerInvariant());
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("label", signature.Label);
            json.WriteString("task", signature.Task.ToString().ToLowerInvariant());
            if (signature.Threshold != 0.5f)
            {
                json.WriteNumber("threshold", signature.Threshold);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <exception cref="JsonException">The text is no JSON.</exception>
    /// <exception cref="KeyNotFoundException">A member is missing.</exception>
    /// <exception cref="InvalidOperationException">A member has another type.</exception>
    /// <exception cref="ArgumentException">A task or kind is unknown.</exception>
    public static Signature Read(string text)
    {
        using var json = JsonDocument.Parse(text);
        var root = json.RootElement;
        return new(
            Enum.Parse<ModelTask>(Text(root.GetProperty("task")), ignoreCase: true),
            Text(root.GetProperty("label")),
            [.. root.GetProperty("inputs").EnumerateArray().Select(input => new InputColumn(
                Text(input.GetProperty("column")),
                Enum.Parse<FeatureKind>(Text(input.GetProperty("kind")), ignoreCase: true)))],
            [.. root.GetProperty("classes").EnumerateArray().Select(Text)])
        {
            Threshold = root.TryGetProperty("threshold", out var threshold) ? threshold.GetSingle() : 0.5f,
        };

        static string Text(JsonElement element) => element.GetString() ?? throw new InvalidOperationException("null stands for a text");
    }
}
