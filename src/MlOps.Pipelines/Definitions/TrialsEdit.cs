using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MlOps.Pipelines.Definitions;

/// <summary>Writes the number of trials into a <c>model.json</c> and leaves every other byte as it is.</summary>
internal static class TrialsEdit
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The file with the number as <c>tune.trials</c>; null if it has no <c>tune</c>.</summary>
    public static byte[]? With(byte[] file, int trials)
    {
        var start = file.AsSpan().StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
        if (Place(file.AsSpan(start)) is not (var from, var to))
        {
            return null;
        }

        var number = trials.ToString(CultureInfo.InvariantCulture);
        var text = from == to ? $" \"trials\": {number}," : number;
        return [.. file.AsSpan(0, start + from), .. Encoding.UTF8.GetBytes(text), .. file.AsSpan(start + to)];
    }

    /// <summary>Where the number stands; where it would stand if it is not there, as an empty range.</summary>
    private static (int From, int To)? Place(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        (int From, int To)? inside = null;
        var inTune = false;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
            {
                inTune = reader.ValueTextEquals("tune");
            }
            else if (inTune && reader.TokenType == JsonTokenType.StartObject && reader.CurrentDepth == 1)
            {
                inside = ((int)reader.BytesConsumed, (int)reader.BytesConsumed);
            }
            else if (inTune && reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 2 && reader.ValueTextEquals("trials"))
            {
                reader.Read();
                return ((int)reader.TokenStartIndex, (int)reader.BytesConsumed);
            }
        }

        return inside;
    }
}
