using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MlOps.Content;

/// <summary>Writes JSON so that the same value always has the same bytes: keys sorted ordinally, LF, two spaces, shortest round-trip numbers, only necessary escapes.</summary>
/// <remarks>An integral number has no fraction and no exponent below 1e15 (<c>3.0</c> is written <c>3</c>); <c>-0</c> is <c>0</c>. NaN and infinities are refused.</remarks>
public static class CanonicalJson
{
    private static readonly SearchValues<char> MustEscape = SearchValues.Create(
        "\"\\" + string.Concat(Enumerable.Range(0, 32).Select(c => (char)c)));

    /// <summary>The indented form with a final LF, as files have it.</summary>
    /// <exception cref="ArgumentException">A number is not finite.</exception>
    public static string Indented(JsonNode? value)
    {
        var text = new StringBuilder();
        Write(text, value, 0);
        return text.Append('\n').ToString();
    }

    /// <summary>The form on one line without spaces, as fingerprints cover it.</summary>
    /// <exception cref="ArgumentException">A number is not finite.</exception>
    public static string Compact(JsonNode? value)
    {
        var text = new StringBuilder();
        Write(text, value, -1);
        return text.ToString();
    }

    /// <summary>A number's shortest text that reads back as the same number.</summary>
    /// <exception cref="ArgumentException">The number is not finite.</exception>
    public static string Number(double value) =>
        !double.IsFinite(value) ? throw new ArgumentException($"{value} is not a JSON number", nameof(value))
        : value == 0 ? "0"
        : Math.Abs(value) < 1e15 && value == Math.Floor(value) ? ((long)value).ToString(CultureInfo.InvariantCulture)
        : value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Writes a text between quotation marks with only the escapes that JSON demands.</summary>
    public static void WriteString(StringBuilder text, string value)
    {
        text.Append('"');
        var rest = value.AsSpan();
        for (int at; (at = rest.IndexOfAny(MustEscape)) >= 0; rest = rest[(at + 1)..])
        {
            text.Append(rest[..at]);
            _ = rest[at] switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                var c => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
            };
        }

        text.Append(rest).Append('"');
    }

    /// <summary>Writes a value as part of a larger text; <paramref name="depth"/> is that of the line it stands on, a negative one means on one line.</summary>
    /// <exception cref="ArgumentException">A number is not finite.</exception>
    public static void Write(StringBuilder text, JsonNode? value, int depth)
    {
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case JsonObject node:
                var members = node.ToArray();
                Array.Sort(members, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
                List(text, '{', '}', members, depth, static (text, member, depth) =>
                {
                    WriteString(text, member.Key);
                    text.Append(depth < 0 ? ":" : ": ");
                    Write(text, member.Value, depth);
                });
                break;
            case JsonArray array:
                List(text, '[', ']', [.. array], depth, Write);
                break;
            default:
                Leaf(text, value.AsValue());
                break;
        }
    }

    private static void List<T>(StringBuilder text, char open, char close, T[] items, int depth, Action<StringBuilder, T, int> write)
    {
        text.Append(open);
        for (var i = 0; i < items.Length; i++)
        {
            text.Append(i == 0 ? "" : ",");
            NewLine(text, depth < 0 ? -1 : depth + 1);
            write(text, items[i], depth < 0 ? -1 : depth + 1);
        }

        if (items.Length > 0)
        {
            NewLine(text, depth);
        }

        text.Append(close);
    }

    private static void NewLine(StringBuilder text, int depth)
    {
        if (depth >= 0)
        {
            text.Append('\n').Append(' ', 2 * depth);
        }
    }

    private static void Leaf(StringBuilder text, JsonValue value)
    {
        switch (value.GetValueKind())
        {
            case JsonValueKind.String:
                WriteString(text, value.TryGetValue<string>(out var s) ? s : value.ToString());
                break;
            case JsonValueKind.Number:
                text.Append(NumberText(value));
                break;
            default:
                text.Append(value.ToJsonString());
                break;
        }
    }

    private static string NumberText(JsonValue value)
    {
        // A float's shortest text is shorter than that of the double it widens to.
        if (value.TryGetValue<JsonElement>(out var element))
        {
            return element.TryGetInt64(out var parsed)
                ? parsed.ToString(CultureInfo.InvariantCulture)
                : Number(element.GetDouble());
        }

        return value.TryGetValue<float>(out var single) && !value.TryGetValue<double>(out _)
                ? Number(double.Parse(single.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture))
            : value.TryGetValue<long>(out var whole) ? whole.ToString(CultureInfo.InvariantCulture)
            : value.TryGetValue<int>(out var small) ? small.ToString(CultureInfo.InvariantCulture)
            : value.TryGetValue<double>(out var real) ? Number(real)
            : Number(double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture));
    }
}
