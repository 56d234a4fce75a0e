using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Reads the lock in one pass; what has no owner node around it is refused, because nothing else is ever written.</summary>
internal ref struct LockReader
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly string _where;
    private readonly Dictionary<LockAddress, StepTrace> _steps = [];
    private readonly Dictionary<(string, string), LazyJson> _facts = [];
    private Utf8JsonReader _json;

    private LockReader(ReadOnlyMemory<byte> bytes, string where)
    {
        (_bytes, _where) = (bytes, where);
        _json = new(bytes.Span, new JsonReaderOptions { MaxDepth = 64 });
    }

    public static LockFile Read(ReadOnlyMemory<byte> bytes, string where)
    {
        if (ConflictLine(bytes.Span) is { } line)
        {
            throw new DiagnosticException(new Diagnostic("MLO3021", "the lock holds a merge conflict")
            {
                Where = $"{where}:{line}",
                Mend = $"take either side (git checkout --theirs {where}); the next Train writes the right one",
            });
        }

        var reader = new LockReader(bytes, where);
        try
        {
            return reader.Root();
        }
        catch (JsonException e)
        {
            throw Malformed(where, e.LineNumber + 1 ?? Line(bytes.Span, reader._json.TokenStartIndex), e.Message.Split(" LineNumber:")[0].Split(" Path:")[0]);
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
            throw Malformed(where, Line(bytes.Span, reader._json.TokenStartIndex), e.Message);
        }
    }

    public static DiagnosticException Malformed(string where, long? line, string why) => new(new Diagnostic("MLO3020", "the lock is malformed")
    {
        Where = line is null ? where : string.Create(CultureInfo.InvariantCulture, $"{where}:{line}"),
        Why = why,
        Mend = $"restore it (git checkout {where}), or delete it and train again",
    });

    private LockFile Root()
    {
        var hasFormat = false;
        Next();
        Expect(JsonTokenType.StartObject);
        while (Key() is { } key)
        {
            if (key == "format")
            {
                Next();
                hasFormat = true;
                CheckFormat();
            }
            else if (key == "steps")
            {
                Steps("");
            }
            else
            {
                Section(key);
            }
        }

        if (!hasFormat)
        {
            throw new FormatException("'format' is missing");
        }

        _json.Read();
        return new(_bytes, _steps, _facts);
    }

    private readonly void CheckFormat()
    {
        Expect(JsonTokenType.Number);
        if (!_json.TryGetInt32(out var format) || format != LockFile.Format)
        {
            throw new DiagnosticException(new Diagnostic("MLO3022", $"the lock has format {format}, this product knows {LockFile.Format}")
            {
                Where = $"{_where}:{Line(_bytes.Span, _json.TokenStartIndex)}",
                Mend = "use the version of the product that wrote it, or delete the lock and train again",
            });
        }
    }

    private void Section(string section)
    {
        Next();
        Expect(JsonTokenType.StartObject);
        while (Key() is { } name)
        {
            Owner($"{section}/{name}");
        }
    }

    private void Owner(string owner)
    {
        Next();
        Expect(JsonTokenType.StartObject);
        while (Key() is { } name)
        {
            if (name == "steps")
            {
                Steps(owner);
            }
            else if (!_facts.TryAdd((owner, name), Slice()))
            {
                throw new FormatException($"'{name}' stands twice");
            }
        }
    }

    private void Steps(string owner)
    {
        Next();
        Expect(JsonTokenType.StartObject);
        while (Key() is { } key)
        {
            if (!_steps.TryAdd(new(owner, key), Trace()))
            {
                throw new FormatException($"'{key}' stands twice");
            }
        }
    }

    private StepTrace Trace()
    {
        var trace = new StepTrace { Fingerprint = default };
        Next();
        Expect(JsonTokenType.StartObject);
        while (Key() is { } key)
        {
            trace = key switch
            {
                "fingerprint" => trace with { Fingerprint = Digest.Parse(Text()) },
                "code" => trace with { Code = Digests() },
                "inputs" => trace with { Inputs = Digests() },
                "outputs" => trace with { Outputs = Digests() },
                "toolchain" => trace with { Toolchain = Texts() },
                "parameters" => trace with { RawParameters = Slice() },
                "metrics" => trace with { RawMetrics = Slice() },
                _ => throw new FormatException($"'{key}' is not known here"),
            };
        }

        return trace.Fingerprint.IsEmpty ? throw new FormatException("'fingerprint' is missing") : trace;
    }

    private ImmutableSortedDictionary<string, Digest> Digests()
    {
        var digests = StepRecord.NoOutputs;
        Next();
        Expect(JsonTokenType.StartObject);
        while (Key() is { } key)
        {
            digests = digests.SetItem(key, Digest.Parse(Text()));
        }

        return digests;
    }

    private ImmutableSortedDictionary<string, string> Texts()
    {
        var texts = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
        Next();
        Expect(JsonTokenType.StartObject);
        while (Key() is { } key)
        {
            texts = texts.SetItem(key, Text());
        }

        return texts;
    }

    private LazyJson Slice()
    {
        Next();
        var start = (int)_json.TokenStartIndex;
        _json.Skip();
        return new(_bytes[start..(int)_json.BytesConsumed]);
    }

    private string Text()
    {
        Next();
        Expect(JsonTokenType.String);
        return _json.GetString()!;
    }

    /// <summary>The next member's name, or null at the object's end.</summary>
    private string? Key()
    {
        Next();
        return _json.TokenType == JsonTokenType.EndObject ? null : _json.GetString();
    }

    private void Next()
    {
        if (!_json.Read())
        {
            throw new FormatException("the file ends too early");
        }
    }

    private readonly void Expect(JsonTokenType type)
    {
        if (_json.TokenType != type)
        {
            throw new FormatException($"{type} expected, {_json.TokenType} found");
        }
    }

    private static long Line(ReadOnlySpan<byte> bytes, long at) => bytes[..(int)at].Count((byte)'\n') + 1;

    private static long? ConflictLine(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> ours = "<<<<<<< "u8, theirs = ">>>>>>> "u8;
        var at = bytes.IndexOf(ours);
        at = at >= 0 ? at : bytes.IndexOf(theirs);
        return at == 0 || (at > 0 && bytes[at - 1] == '\n') ? Line(bytes, at) : null;
    }
}
