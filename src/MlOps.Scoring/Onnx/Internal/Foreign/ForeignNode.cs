namespace MlOps.Scoring.Onnx.Internal.Foreign;

/// <summary>A node with its attributes by name; one that is never asked for is an attribute that this program does not know.</summary>
internal sealed class ForeignNode(OnnxNode node)
{
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <summary>The operator; that of a domain other than ai.onnx with the domain before it.</summary>
    public string Operator { get; } = node.Domain switch
    {
        "" or "ai.onnx" or GraphWriter.Ml => node.Operator,
        var domain => $"{domain}.{node.Operator}",
    };

    public IReadOnlyList<string> Inputs => node.Inputs;

    public OnnxTensor? Tensor(string name) => Find(name)?.Tensor;

    public float Float(string name, float otherwise) => Find(name)?.Float ?? otherwise;

    public long Int(string name, long otherwise) => Find(name)?.Int ?? otherwise;

    public string Text(string name, string otherwise) => Find(name)?.Text ?? otherwise;

    /// <summary>Empty if the attribute is absent.</summary>
    public IReadOnlyList<float> Floats(string name) => Find(name)?.Floats ?? [];

    /// <summary>Empty if the attribute is absent.</summary>
    public IReadOnlyList<long> Ints(string name) => Find(name)?.Ints ?? [];

    /// <summary>Empty if the attribute is absent.</summary>
    public IReadOnlyList<string> Strings(string name) => Find(name)?.Strings ?? [];

    /// <summary>Makes sure that an attribute, if given, has the only value that is understood.</summary>
    public void Only(string name, long value, long otherwise) => Require(Int(name, otherwise) == value, $"has {name} {Int(name, otherwise)}, not {value}");

    /// <exception cref="InvalidDataException">The node has an attribute that nothing asked for: it may change the result.</exception>
    public void NothingElse()
    {
        if (node.Attributes.Find(attribute => !_asked.Contains(attribute.Name)) is { } other)
        {
            throw Bad($"has the attribute '{other.Name}', which is not supported");
        }
    }

    public void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw Bad(otherwise);
        }
    }

    public InvalidDataException Bad(string what) => new($"operator {Operator} {what}");

    private OnnxAttribute? Find(string name)
    {
        _asked.Add(name);
        return node.Attributes.Find(attribute => attribute.Name == name);
    }
}
