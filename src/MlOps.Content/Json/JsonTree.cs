using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MlOps.Content;

/// <summary>A parsed JSON value that knows the line it stands on, so that a diagnostic can point at it.</summary>
public sealed class JsonTree
{
    /// <summary>From this many members on, names are looked up in an index.</summary>
    private const int ManyMembers = 32;

    private readonly List<KeyValuePair<string, JsonTree>> _members = [];
    private readonly List<JsonTree> _items = [];
    private Dictionary<string, JsonTree>? _index;
    private bool _fits;

    private JsonTree(JsonTokenType kind, int line, string text) => (Kind, Line, Text) = (kind, line, text);

    /// <summary><see cref="JsonTokenType.StartObject"/>, <see cref="JsonTokenType.StartArray"/>, or a scalar's token.</summary>
    public JsonTokenType Kind { get; private set; }

    /// <summary>The 1-based line the value starts on; for a member's value, the line of its name.</summary>
    public int Line { get; }

    /// <summary>A scalar's text: a string's content, a number as written; empty for objects and arrays.</summary>
    public string Text { get; private set; }

    /// <summary>An object's members in the file's order, names as often as they stand there.</summary>
    public IReadOnlyList<KeyValuePair<string, JsonTree>> Members => _members;

    /// <summary>An array's elements.</summary>
    public IReadOnlyList<JsonTree> Items => _items;

    /// <summary>The line of the value at a path of member names, and of an array's elements by number from 0, or of its nearest ancestor that exists.</summary>
    public int LineOf(params ReadOnlySpan<string> path)
    {
        var node = this;
        foreach (var name in path)
        {
            var next = node.Kind == JsonTokenType.StartArray && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? node._items.ElementAtOrDefault(index) : node.Find(name);
            if (next is null)
            {
                break;
            }

            node = next;
        }

        return node.Line;
    }

    /// <summary>An object made of other values; <paramref name="line"/> is where a diagnostic shall point.</summary>
    public static JsonTree Object(int line, IEnumerable<KeyValuePair<string, JsonTree>> members)
    {
        var tree = new JsonTree(JsonTokenType.StartObject, line, "");
        tree._members.AddRange(members);
        return tree;
    }

    /// <summary>An array made of other values.</summary>
    public static JsonTree Array(int line, IEnumerable<JsonTree> items)
    {
        var tree = new JsonTree(JsonTokenType.StartArray, line, "");
        tree._items.AddRange(items);
        return tree;
    }

    /// <summary>A string.</summary>
    public static JsonTree String(int line, string text) => new(JsonTokenType.String, line, text);

    /// <summary>The same value, with all that it holds, for a place on some line that asks for it. Numbers and truth values become texts where that place wants texts.</summary>
    public JsonTree For(int line) => Kind switch
    {
        JsonTokenType.StartObject => Object(line, _members.Select(member => KeyValuePair.Create(member.Key, member.Value.For(line)))),
        JsonTokenType.StartArray => Array(line, _items.Select(item => item.For(line))),
        _ => new(Kind, line, Text) { _fits = Kind is JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False },
    };

    /// <summary>Makes a text of a value that was asked for where a text is wanted; others stay.</summary>
    internal void FitText() => Kind = _fits ? JsonTokenType.String : Kind;

    /// <summary>The first member of a name, or null.</summary>
    public JsonTree? Find(string name)
    {
        if (_members.Count < ManyMembers)
        {
            return _members.Find(member => member.Key == name).Value;
        }

        if (_index is null)
        {
            var index = new Dictionary<string, JsonTree>(_members.Count, StringComparer.Ordinal);
            foreach (var (key, value) in _members)
            {
                index.TryAdd(key, value);
            }

            _index = index;
        }

        return _index.GetValueOrDefault(name);
    }

    /// <summary>Reads strict JSON: no comments, no trailing commas, UTF-8, one value.</summary>
    /// <param name="file">How the file is called in a diagnostic.</param>
    /// <exception cref="DiagnosticException">MLO1001: it is not JSON.</exception>
    public static JsonTree Parse(string file, ReadOnlySpan<byte> utf8)
    {
        if (utf8.StartsWith("\uFEFF"u8))
        {
            utf8 = utf8[3..];
        }

        try
        {
            var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = 64 });
            var lines = new LineCounter(utf8);
            reader.Read();
            var root = ReadValue(ref reader, ref lines, utf8);
            reader.Read();
            return root;
        }
        catch (JsonException failure)
        {
            throw NotJson(file, utf8, failure);
        }
        catch (InvalidOperationException failure) when (failure.InnerException is DecoderFallbackException)
        {
            throw new DiagnosticException(new Diagnostic("MLO1001", $"{file} is not JSON")
            {
                Where = file,
                Why = "a string holds bytes that are not UTF-8",
                Mend = "save the file as UTF-8",
            });
        }
    }

    /// <summary>Makes an object of this value whose one member it becomes.</summary>
    internal void Wrap(string member)
    {
        var inner = new JsonTree(Kind, Line, Text) { _fits = _fits };
        inner._members.AddRange(_members);
        inner._items.AddRange(_items);
        _members.Clear();
        _items.Clear();
        _members.Add(new(member, inner));
        (Kind, Text) = (JsonTokenType.StartObject, "");
    }

    /// <summary>Writes the value as JSON.</summary>
    internal void WriteTo(Utf8JsonWriter writer)
    {
        switch (Kind)
        {
            case JsonTokenType.StartObject:
                writer.WriteStartObject();
                foreach (var (name, value) in _members)
                {
                    writer.WritePropertyName(name);
                    value.WriteTo(writer);
                }

                writer.WriteEndObject();
                break;
            case JsonTokenType.StartArray:
                writer.WriteStartArray();
                _items.ForEach(item => item.WriteTo(writer));
                writer.WriteEndArray();
                break;
            case JsonTokenType.String:
                writer.WriteStringValue(Text);
                break;
            default:
                writer.WriteRawValue(Text, skipInputValidation: true);
                break;
        }
    }

    private static DiagnosticException NotJson(string file, ReadOnlySpan<byte> utf8, JsonException failure)
    {
        var why = failure.Message;
        var cut = why.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return new DiagnosticException(new Diagnostic("MLO1001", utf8.IsEmpty ? $"{file} is empty" : $"{file} is not JSON")
        {
            Where = $"{file}:{(failure.LineNumber ?? 0) + 1}",
            Why = utf8.IsEmpty ? "an object was expected" : (cut < 0 ? why : why[..cut]).Replace(" Change the reader options.", "", StringComparison.Ordinal),
            Mend = utf8.IndexOf("<<<<<<<"u8) >= 0
                ? "resolve the merge conflict: keep either side, then run ./build.sh Train"
                : "correct the line; comments and trailing commas are not JSON",
        });
    }

    private static JsonTree ReadValue(ref Utf8JsonReader reader, ref LineCounter lines, ReadOnlySpan<byte> utf8, int? line = null)
    {
        var start = line ?? lines.At((int)reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var obj = new JsonTree(JsonTokenType.StartObject, start, "");
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var memberLine = lines.At((int)reader.TokenStartIndex);
                    var name = reader.GetString()!;
                    reader.Read();
                    obj._members.Add(new(name, ReadValue(ref reader, ref lines, utf8, memberLine)));
                }

                return obj;
            case JsonTokenType.StartArray:
                var array = new JsonTree(JsonTokenType.StartArray, start, "");
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    array._items.Add(ReadValue(ref reader, ref lines, utf8));
                }

                return array;
            case JsonTokenType.String:
                return new(JsonTokenType.String, start, reader.GetString()!);
            default:
                return new(reader.TokenType, start, Encoding.UTF8.GetString(reader.ValueSpan));
        }
    }

    private ref struct LineCounter(ReadOnlySpan<byte> utf8)
    {
        private readonly ReadOnlySpan<byte> _utf8 = utf8;
        private int _position;
        private int _line = 1;

        public int At(int position)
        {
            _line += _utf8[_position..position].Count((byte)'\n');
            _position = position;
            return _line;
        }
    }
}
