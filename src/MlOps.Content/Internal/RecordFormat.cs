using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MlOps.Content.Internal;

/// <summary>The bytes of a record: the sha256 of all that follows, LF, then one line of canonical JSON.</summary>
/// <remarks>Records are not synced to disk; the digest tells a record that a power cut left in pieces.</remarks>
internal static class RecordFormat
{
    private const int HeaderBytes = 65, Format = 1;

    public static byte[] Write(Digest fingerprint, StepRecord record) => Sealed(Body(fingerprint, record));

    public static byte[] Sealed(byte[] body) => [.. Encoding.UTF8.GetBytes(Digest.Of(body).Hex), (byte)'\n', .. body];

    public static byte[] Body(Digest fingerprint, StepRecord record)
    {
        var outputs = new JsonObject();
        foreach (var (name, digest) in record.Outputs)
        {
            outputs[name] = digest.ToString();
        }

        var node = new JsonObject
        {
            ["facts"] = record.Facts.DeepClone(),
            ["fingerprint"] = fingerprint.ToString(),
            ["format"] = Format,
            ["outputs"] = outputs,
        };
        if (record.Log is { } log)
        {
            node["log"] = log.ToString();
        }

        if (record.Metrics.Count > 0)
        {
            node["metrics"] = record.Metrics.DeepClone();
        }

        return Encoding.UTF8.GetBytes(CanonicalJson.Compact(node));
    }

    public static StepRecord? TryRead(string path, Digest fingerprint)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        return TryParse(bytes, fingerprint, out _);
    }

    /// <summary>Reads a record that may come from anywhere; null if it is none of this fingerprint and format.</summary>
    /// <param name="bytes">The whole.</param>
    /// <param name="fingerprint">Whose record it must be.</param>
    /// <param name="fault">What is wrong with it; null with a null record if another version of this product wrote it.</param>
    public static StepRecord? TryParse(ReadOnlySpan<byte> bytes, Digest fingerprint, out string? fault)
    {
        fault = null;
        if (bytes.Length < HeaderBytes || Encoding.UTF8.GetString(bytes[..(HeaderBytes - 1)]) != Digest.Of(bytes[HeaderBytes..]).Hex)
        {
            fault = "its bytes are not what their checksum says";
            return null;
        }

        var body = ParseObject(bytes[HeaderBytes..]);
        int? format = body?["format"] is JsonValue value && value.TryGetValue(out int number) ? number : null;
        if (format is not (null or Format))
        {
            return null;
        }

        if (body?["fingerprint"] is not JsonValue key || !key.TryGetValue(out string? text) || text != fingerprint.ToString())
        {
            fault = "it is the record of something else";
            return null;
        }

        if (format is null || body["facts"] is not JsonObject facts || TryOutputs(body["outputs"]) is not { } outputs
            || body["metrics"] is not (null or JsonObject) || !TryLog(body["log"], out var log))
        {
            fault = "it is no record";
            return null;
        }

        var metrics = body["metrics"] as JsonObject ?? [];
        body.Remove("facts");
        body.Remove("metrics");
        return new() { Outputs = outputs, Facts = facts, Metrics = metrics, Log = log };
    }

    private static JsonObject? ParseObject(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonNode.Parse(utf8, documentOptions: new() { AllowDuplicateProperties = false }) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool TryLog(JsonNode? node, out Digest? log)
    {
        log = node is JsonValue leaf && leaf.TryGetValue(out string? text) && Digest.TryParse(text, out var digest) ? digest : null;
        return node is null || log is not null;
    }

    private static ImmutableSortedDictionary<string, Digest>? TryOutputs(JsonNode? node)
    {
        if (node is not JsonObject named)
        {
            return null;
        }

        var outputs = StepRecord.NoOutputs.ToBuilder();
        foreach (var (name, value) in named)
        {
            if (value is not JsonValue leaf || !leaf.TryGetValue(out string? text) || !Digest.TryParse(text, out var digest))
            {
                return null;
            }

            outputs[name] = digest;
        }

        return outputs.ToImmutable();
    }
}
