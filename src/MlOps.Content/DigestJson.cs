using System.Text.Json;
using System.Text.Json.Serialization;

namespace MlOps.Content;

/// <summary>A digest in JSON, with its algorithm's name; others than sha256 are not understood.</summary>
public sealed class DigestJson : JsonConverter<Digest>
{
    /// <inheritdoc/>
    public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && reader.GetString() is { } text && text.StartsWith(Digest.Prefix, StringComparison.Ordinal) && Digest.TryParse(text, out var digest)
            ? digest
            : throw new JsonException("not a sha256 digest");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
