using System.Text.Json;
using System.Text.Json.Nodes;

namespace MlOps.Engine.Internal;

/// <summary>A JSON value that is parsed when somebody looks: most of a lock is never looked at.</summary>
internal sealed class LazyJson
{
    private readonly ReadOnlyMemory<byte> _source;
    private JsonNode? _value;
    private bool _parsed;

    public LazyJson(ReadOnlyMemory<byte> source) => _source = source;

    public LazyJson(JsonNode? value) => (_value, _parsed) = (value, true);

    public JsonNode? Value
    {
        get
        {
            if (!_parsed)
            {
                (_value, _parsed) = (Parse(_source.Span), true);
            }

            return _value;
        }
    }

    /// <summary>Its syntax was checked when the lock was read; that a key stands twice, as merges make it, shows only here.</summary>
    private static JsonNode? Parse(ReadOnlySpan<byte> source)
    {
        try
        {
            return JsonNode.Parse(source, documentOptions: new() { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw LockReader.Malformed(BuildEngine.LockName, null, e.Message.Split(" LineNumber:")[0].Split(" Path:")[0]);
        }
    }
}
