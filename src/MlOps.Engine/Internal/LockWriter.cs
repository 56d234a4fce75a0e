using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Collects what the lock shall say and writes it; the bytes follow from that alone, not from the order of adding.</summary>
internal sealed class LockWriter
{
    private readonly Dictionary<LockAddress, StepTrace> _steps = [];
    private readonly Dictionary<(string Owner, string Name), LazyJson> _facts = [];

    public void Add(LockAddress address, StepTrace trace) => _steps.Add(address, trace);

    /// <summary>What is added so far, without bytes.</summary>
    public LockFile Draft => new(default, _steps, _facts);

    public void AddFact(string owner, string name, LazyJson value) => _facts.Add((owner, name), value);

    public LockFile ToLockFile()
    {
        if (_steps.Count == 0 && _facts.Count == 0)
        {
            return new(Encoding.UTF8.GetBytes($"{{\n  \"format\": {LockFile.Format}\n}}\n"), [], []);
        }

        var root = new Node();
        foreach (var (address, trace) in _steps)
        {
            root.Below(address.Owner).Below("steps").Members.Add(address.Key, trace);
        }

        foreach (var ((owner, name), value) in _facts)
        {
            root.Below(owner).Members.Add(name, value);
        }

        root.Members.Add("format", new LazyJson(JsonValue.Create(LockFile.Format)));
        var text = new StringBuilder();
        root.Write(text, 0);
        return new(Encoding.UTF8.GetBytes(text.Append('\n').ToString()), _steps, _facts);
    }

    private static void Write(StringBuilder text, StepTrace trace, int depth)
    {
        var node = new Node();
        AddDigests(node, "code", trace.Code);
        node.Members.Add("fingerprint", trace.Fingerprint.ToString());
        AddDigests(node, "inputs", trace.Inputs);
        AddDigests(node, "outputs", trace.Outputs);
        if (trace.RawParameters is { Value: JsonObject { Count: > 0 } })
        {
            node.Members.Add("parameters", trace.RawParameters);
        }

        if (trace.RawMetrics is { Value: JsonObject { Count: > 0 } })
        {
            node.Members.Add("metrics", trace.RawMetrics);
        }

        if (trace.Toolchain.Count > 0)
        {
            var toolchain = new Node();
            toolchain.AddAll(trace.Toolchain);
            node.Members.Add("toolchain", toolchain);
        }

        node.Write(text, depth);
    }

    private static void AddDigests(Node node, string name, ImmutableSortedDictionary<string, Digest> digests)
    {
        if (digests.Count > 0)
        {
            var below = new Node();
            below.AddAll(digests);
            node.Members.Add(name, below);
        }
    }

    /// <summary>An object of the lock; its members are nodes, traces, lazy values and texts.</summary>
    private sealed class Node
    {
        public Dictionary<string, object> Members { get; } = new(StringComparer.Ordinal);

        public Node Below(string path)
        {
            var node = this;
            foreach (var segment in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                if (!node.Members.TryGetValue(segment, out var next))
                {
                    node.Members.Add(segment, next = new Node());
                }

                node = (Node)next;
            }

            return node;
        }

        public void AddAll<T>(ImmutableSortedDictionary<string, T> values)
        {
            foreach (var (name, value) in values)
            {
                Members.Add(name, value!.ToString()!);
            }
        }

        public void Write(StringBuilder text, int depth)
        {
            var keys = Members.Keys.ToArray();
            Array.Sort(keys, StringComparer.Ordinal);
            text.Append('{');
            for (var i = 0; i < keys.Length; i++)
            {
                text.Append(i == 0 ? "\n" : ",\n").Append(' ', (2 * depth) + 2);
                CanonicalJson.WriteString(text, keys[i]);
                text.Append(": ");
                Write(text, Members[keys[i]], depth + 1);
            }

            text.Append('\n').Append(' ', 2 * depth).Append('}');
        }

        private static void Write(StringBuilder text, object value, int depth)
        {
            switch (value)
            {
                case Node node:
                    node.Write(text, depth);
                    break;
                case StepTrace trace:
                    LockWriter.Write(text, trace, depth);
                    break;
                case LazyJson json:
                    CanonicalJson.Write(text, json.Value, depth);
                    break;
                default:
                    CanonicalJson.WriteString(text, (string)value);
                    break;
            }
        }
    }
}
