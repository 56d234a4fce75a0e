using System.Text.Json;
using MlOps.Content;
using MlOps.Packaging;

namespace MlOps.Tests.Packaging;

/// <summary>Statements and what they are about, for tests.</summary>
internal static class Attestation
{
    public static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly ResourceDescriptor Package = new("bike-demand", Digest.Of("package"));

    public static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    public static Statement Statement(string predicate = """{"ü":"<\u2028>","n":1.5,"a":[true,null]}""") => new([Package], "https://example.org/note/v1", Json(predicate));

    public static TrustPolicy Trust(params PublicKey[] keys) => new(keys.Select((key, index) => new TrustedKey(key, $"keys/{index}.pub")));
}
