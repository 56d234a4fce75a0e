using System.Text;
using System.Text.Json;
using MlOps.Data;

namespace MlOps.Scoring.Onnx.Internal;

/// <summary>The signature as JSON in the file's metadata, since graphs know neither column names nor kinds, nor how a category becomes the bucket that they take.</summary>
internal static class SignatureText
{
    /// <summary>The metadata's key.</summary>
    public const string Key = "mlops.signature";

    /// <summary>How categories are hashed: <see cref="HashEncoder.BucketOf"/>.</summary>
    private const string Hash = "fnv-1a-64";

    public static string Write(TrainedModel model)
    {
        var signature = model.Signature;
        var buckets = model.Encoders.OfType<HashEncoder>().ToDictionary(encoder => encoder.Column, encoder => encoder.Buckets, StringComparer.Ordinal);
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
                var hashed = buckets.TryGetValue(signature.Inputs[i].Name, out var count);
                if (hashed)
                {
                    json.WriteNumber("buckets", count);
                }

                if (signature.Inputs[i].Code is { } code)
                {
                    json.WriteString("code", code);
                }

                json.WriteString("column", signature.Inputs[i].Name);
                if (signature.Inputs[i].From is { Count: > 0 } columns)
                {
                    json.WriteStartArray("from");
                    foreach (var column in columns)
                    {
                        json.WriteStringValue(column);
                    }

                    json.WriteEndArray();
                }

                if (hashed)
                {
                    json.WriteString("hash", Hash);
                }

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
            [.. root.GetProperty("inputs").EnumerateArray().Select(Input)],
            [.. root.GetProperty("classes").EnumerateArray().Select(Text)])
        {
            Threshold = root.TryGetProperty("threshold", out var threshold) ? threshold.GetSingle() : 0.5f,
        };

        static InputColumn Input(JsonElement input) => !input.TryGetProperty("hash", out var hash) || Text(hash) == Hash
            ? new(Text(input.GetProperty("column")), Enum.Parse<FeatureKind>(Text(input.GetProperty("kind")), ignoreCase: true))
            {
                Code = input.TryGetProperty("code", out var code) ? Text(code) : null,
                From = input.TryGetProperty("from", out var from) ? [.. from.EnumerateArray().Select(Text)] : [],
            }
            : throw new ArgumentException($"categories are hashed by '{Text(hash)}'");

        static string Text(JsonElement element) => element.GetString() ?? throw new InvalidOperationException("null stands for a text");
    }
}
