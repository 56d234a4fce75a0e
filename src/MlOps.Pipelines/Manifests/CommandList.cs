using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MlOps.Pipelines.Manifests;

/// <summary>One command or several: in JSON a list of words, or a list of such lists; a number and a truth value are the words they are written as.</summary>
/// <param name="Commands">Each the program and its arguments.</param>
[JsonConverter(typeof(CommandListJson))]
public sealed record CommandList(IReadOnlyList<IReadOnlyList<string>> Commands);

/// <summary>A time span: in JSON seconds, or a text such as <c>30s</c>, <c>10m</c>, <c>2h</c>.</summary>
/// <param name="Value">The time span, more than nothing.</param>
[JsonConverter(typeof(DurationJson))]
public sealed record Duration(TimeSpan Value);

internal sealed class CommandListJson : JsonConverter<CommandList>
{
    public override CommandList Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Array)
        {
            throw Wrong();
        }

        return new(root.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.Array) ? [.. root.EnumerateArray().Select(Words)] : [Words(root)]);
    }

    public override void Write(Utf8JsonWriter writer, CommandList value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var command in value.Commands)
        {
            if (value.Commands.Count > 1)
            {
                writer.WriteStartArray();
            }

            foreach (var word in command)
            {
                writer.WriteStringValue(word);
            }

            if (value.Commands.Count > 1)
            {
                writer.WriteEndArray();
            }
        }

        writer.WriteEndArray();
    }

    private static IReadOnlyList<string> Words(JsonElement command) =>
        command.ValueKind == JsonValueKind.Array && command.EnumerateArray().All(word => word.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False)
            ? [.. command.EnumerateArray().Select(word => word.ValueKind == JsonValueKind.String ? word.GetString()! : word.GetRawText())] : throw Wrong();

    private static JsonException Wrong() => new("a command is a list of texts (\"run\": [\"python3\", \"train.py\"]), several are a list of such lists");
}

internal sealed class DurationJson : JsonConverter<Duration>
{
    public override Duration Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var (number, unit) = reader.TokenType switch
        {
            JsonTokenType.Number => (reader.GetDouble(), 1),
            JsonTokenType.String when reader.GetString() is { Length: > 0 } text => Parse(text),
            _ => (0, 1),
        };
        return number * unit is > 0 and <= 30 * 86400 and var seconds ? new(TimeSpan.FromSeconds(seconds))
            : throw new JsonException("a time span is a number of seconds, or a text such as \"30s\", \"10m\", \"2h\", up to 30 days");
    }

    public override void Write(Utf8JsonWriter writer, Duration value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Value.TotalSeconds);

    private static (double Number, int Unit) Parse(string text)
    {
        var unit = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 0 };
        return double.TryParse(unit == 0 ? text : text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? (number, Math.Max(unit, 1)) : (0, 1);
    }
}
