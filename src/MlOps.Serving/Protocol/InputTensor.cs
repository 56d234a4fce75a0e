using System.Text;
using System.Text.Json;
using MlOps.Scoring;
using MlOps.Serving.Http;
using MlOps.Serving.Rows;

namespace MlOps.Serving.Protocol;

/// <summary>A tensor of a request and how far its data were read; data may be flat or nested.</summary>
internal sealed class InputTensor(string name, int rows, Datatype datatype)
{
    public string Name => name;

    public int Rows => rows;

    /// <summary>Where in the body reading goes on, in bytes; first, behind the bracket that opens the data.</summary>
    public required int Offset { get; set; }

    /// <summary>The JSON reader's state at <see cref="Offset"/>.</summary>
    public required JsonReaderState State { get; set; }

    /// <summary>Depth below the data's own bracket.</summary>
    private int Depth { get; set; }

    /// <summary>Moves the next value into the builder's last row.</summary>
    public void SetCell(ReadOnlySpan<byte> body, FrameBuilder builder, int input, int row)
    {
        var reader = new Utf8JsonReader(body[Offset..], isFinalBlock: true, State);
        if (!Next(ref reader))
        {
            throw RequestException.BadRequest($"input '{name}' has {row} values, its shape says {rows}");
        }

        var reason = datatype.Takes(ref reader) ? null : $"{Shown(ref reader)} is not {datatype.Name}";
        if (reason is not null || !JsonCell.TrySet(builder, input, ref reader, out reason))
        {
            throw RequestException.BadRequest($"input '{name}', value {row + 1}: {reason}");
        }

        Offset += (int)reader.BytesConsumed;
        State = reader.CurrentState;
    }

    /// <summary>Makes sure that no value is left.</summary>
    public void ExpectEnd(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body[Offset..], isFinalBlock: true, State);
        if (Next(ref reader))
        {
            throw RequestException.BadRequest($"input '{name}' has more values than its shape says, {rows}");
        }
    }

    private bool Next(ref Utf8JsonReader reader)
    {
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray:
                    Depth++;
                    break;
                case JsonTokenType.EndArray when Depth == 0:
                    return false;
                case JsonTokenType.EndArray:
                    Depth--;
                    break;
                default:
                    return true;
            }
        }

        return false;
    }

    private static string Shown(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => $"\"{JsonCell.Text(ref reader)}\"",
        JsonTokenType.StartObject => "an object",
        _ => Encoding.UTF8.GetString(reader.ValueSpan),
    };
}
