using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using MlOps.Scoring;
using MlOps.Serving.Http;

namespace MlOps.Serving.Rows;

/// <summary>Moves one JSON value into a cell.</summary>
internal static class JsonCell
{
    /// <summary>Integers beyond ±2^53 do not survive as doubles; as texts they still name a category.</summary>
    private const double ExactIntegers = 9007199254740992;

    /// <summary>Sets the builder's cell from the reader's token; null is missing. False with a reason where the value does not fit.</summary>
    public static bool TrySet(FrameBuilder rows, int input, ref Utf8JsonReader reader, out string? reason)
    {
        reason = null;
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                rows.SetMissing(input);
                return true;
            case JsonTokenType.True:
            case JsonTokenType.False:
                return rows.TrySetBoolean(input, reader.TokenType == JsonTokenType.True, out reason);
            case JsonTokenType.Number:
                return TrySetNumber(rows, input, ref reader, out reason);
            case JsonTokenType.String when !reader.ValueIsEscaped && Utf8.IsValid(reader.ValueSpan):
                return rows.TrySetText(input, reader.ValueSpan, out reason);
            case JsonTokenType.String:
                return rows.TrySetText(input, Text(ref reader), out reason);
            default:
                reason = $"{(reader.TokenType == JsonTokenType.StartArray ? "an array" : "an object")} is not a number, a text, true, false or null";
                return false;
        }
    }

    /// <summary>The reader's string or property name.</summary>
    /// <exception cref="RequestException">400: it is not valid UTF-8, or half of a surrogate pair.</exception>
    public static string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw RequestException.BadRequest($"the text that ends at byte {reader.BytesConsumed} of the body is not valid Unicode");
        }
    }

    private static bool TrySetNumber(FrameBuilder rows, int input, ref Utf8JsonReader reader, out string? reason)
    {
        if (!reader.TryGetDouble(out var value) || !double.IsFinite(value))
        {
            reason = $"{Encoding.UTF8.GetString(reader.ValueSpan)} is too large for a number";
            return false;
        }

        return Math.Abs(value) > ExactIntegers && !reader.ValueSpan.ContainsAny(".eE"u8)
            ? rows.TrySetText(input, reader.ValueSpan, out reason)
            : rows.TrySetNumber(input, value, out reason);
    }
}
