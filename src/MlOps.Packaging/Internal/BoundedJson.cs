using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using MlOps.Content;

namespace MlOps.Packaging.Internal;

/// <summary>Reads JSON that somebody else wrote: bounded in size and depth, and whatever it lets through can be written again.</summary>
internal static class BoundedJson
{
    /// <summary>The most bytes of one attestation: a bill of materials with ten thousand parts is a third of it.</summary>
    public const int MaximumBytes = 16 << 20;

    /// <summary>The most objects and arrays within each other.</summary>
    public const int MaximumDepth = 64;

    /// <summary>How attestations are written: <c>+</c> as itself, so that media types and base64 stay readable.</summary>
    public static PackagingJson Plain { get; } = new(new JsonSerializerOptions(PackagingJson.Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>A value, or the reason why the bytes are none.</summary>
    public static bool TryRead<T>(ReadOnlySpan<byte> utf8, JsonTypeInfo<T> type, [NotNullWhen(true)] out T? value, [NotNullWhen(false)] out string? why)
        where T : class
    {
        value = null;
        why = utf8.Length > MaximumBytes ? $"it is {utf8.Length} bytes long, at most {MaximumBytes} are read" : Flaw(utf8);
        try
        {
            value = why is null ? JsonSerializer.Deserialize(utf8, type) : null;
            why ??= value is null ? "it is null" : null;
        }
        catch (JsonException failure)
        {
            why = Told(failure);
        }

        return value is not null;
    }

    // What a reader that keeps parts unread would only find when it writes them.
    private static string? Flaw(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8))
        {
            return "it is not UTF-8";
        }

        var reader = new Utf8JsonReader(utf8, new() { MaxDepth = MaximumDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.Number && !double.IsFinite(reader.GetDouble()))
                {
                    return "a number in it is too large";
                }

                if (reader.ValueIsEscaped)
                {
                    reader.GetString();
                }
            }

            return null;
        }
        catch (JsonException failure)
        {
            return Told(failure);
        }
        catch (InvalidOperationException)
        {
            return "a text in it is half a character";
        }
    }

    public static string Told(JsonException failure)
    {
        var cut = failure.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return ForeignText.Shown((cut < 0 ? failure.Message : failure.Message[..cut]).Replace(" Change the reader options.", "", StringComparison.Ordinal), 200);
    }
}
