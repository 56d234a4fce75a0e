using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MlOps.Content.Internal;

/// <summary>The bytes of a record: the sha256 of all that follows, LF, then one line of canonical JSON.</summary>
/// <remarks>Records are not synced to disk; the digest tells a record that a power cut left in pieces.</remarks>
internal static class RecordFormat
{
    private const int HeaderBytes = 65;

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
            ["format"] = 1,
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

        return TryParse(bytes, fingerprint);
    }

    public static StepRecord? TryParse(byte[] bytes, Digest fingerprint)
    {
        if (bytes.Length < HeaderBytes || Encoding.UTF8.GetString(bytes, 0, HeaderBytes - 1) != Digest.Of(bytes.AsSpan(HeaderBytes)).Hex)
        {
            return null;
        }

        // Whole bytes were written by us; another format is that of another version of this product.
        var body = JsonNode.Parse(bytes.AsSpan(HeaderBytes))!;
        if (body["format"]!.GetValueKind() != JsonValueKind.Number || body["format"]!.GetValue<int>() != 1
            || body["fingerprint"]!.GetValue<string>() != fingerprint.ToString())
        {
            return null;
        }

        var facts = body["facts"]!.AsObject();
        var metrics = body["metrics"]?.AsObject() ?? [];
        body.AsObject().Remove("facts");
        body.AsObject().Remove("metrics");
        var outputs = StepRecord.NoOutputs.ToBuilder();
        foreach (var (name, digest) in body["outputs"]!.AsObject())
        {
            outputs[name] = Digest.Parse(digest!.GetValue<string>());
        }

        return new()
        {
            Outputs = outputs.ToImmutable(),
            Facts = facts,
            Metrics = metrics,
            Log = body["log"] is { } log ? Digest.Parse(log.GetValue<string>()) : null,
        };
    }
}
