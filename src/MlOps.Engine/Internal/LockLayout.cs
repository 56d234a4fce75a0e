using System.Text.Json;

namespace MlOps.Engine.Internal;

/// <summary>Where in a lock's bytes the digests of each step stand: their 64 hex digits, which another result overwrites without moving anything.</summary>
internal ref struct LockLayout
{
    private readonly Dictionary<string, TraceLayout> _traces = new(StringComparer.Ordinal);
    private Utf8JsonReader _json;

    private LockLayout(ReadOnlySpan<byte> bytes) => _json = new(bytes);

    /// <summary>The places by <see cref="LockAddress"/> in words.</summary>
    /// <param name="lockBytes">A lock that was written here, so that nothing in it can be wrong.</param>
    public static Dictionary<string, TraceLayout> Of(ReadOnlySpan<byte> lockBytes)
    {
        var layout = new LockLayout(lockBytes);
        layout._json.Read();
        layout.Members(static (ref LockLayout layout, string section) =>
        {
            if (section == "steps")
            {
                layout.Steps("");
            }
            else if (!layout.IsLeaf())
            {
                layout.Members((ref LockLayout layout, string name) =>
                    layout.Members((ref LockLayout layout, string fact) =>
                    {
                        if (fact == "steps")
                        {
                            layout.Steps($"{section}/{name}");
                        }
                    }));
            }
        });
        return layout._traces;
    }

    private delegate void Visit(ref LockLayout layout, string member);

    private void Steps(string owner) => Members((ref LockLayout layout, string key) =>
    {
        var trace = layout._traces[new LockAddress(owner, key).ToString()] = new();
        layout.Members((ref LockLayout layout, string part) =>
        {
            switch (part)
            {
                case "fingerprint":
                    trace.FingerprintAt = layout.HexAt();
                    break;
                case "inputs":
                    layout.Members((ref LockLayout layout, string name) => trace.Inputs[name] = layout.HexAt());
                    break;
                case "outputs":
                    layout.Members((ref LockLayout layout, string name) => trace.Outputs[name] = layout.HexAt());
                    break;
                default:
                    break;
            }
        });
    });

    /// <summary>Visits the members of the object that the reader stands on; what a visit leaves unread is skipped.</summary>
    private void Members(Visit visit)
    {
        var depth = _json.CurrentDepth;
        while (_json.Read() && _json.CurrentDepth > depth)
        {
            if (_json.TokenType == JsonTokenType.PropertyName && _json.CurrentDepth == depth + 1)
            {
                var name = _json.GetString()!;
                _json.Read();
                var before = _json.TokenStartIndex;
                visit(ref this, name);
                if (_json.TokenStartIndex == before)
                {
                    _json.Skip();
                }
            }
        }
    }

    private readonly bool IsLeaf() => _json.TokenType != JsonTokenType.StartObject;

    private readonly int HexAt() => (int)_json.TokenStartIndex + 1 + Content.Digest.Prefix.Length;
}

/// <summary>Where the digests of one step stand.</summary>
internal sealed class TraceLayout
{
    public int FingerprintAt { get; set; }

    public Dictionary<string, int> Inputs { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, int> Outputs { get; } = new(StringComparer.Ordinal);
}
