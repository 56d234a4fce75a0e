namespace MlOps.Scoring.Onnx.Internal;

/// <summary>The parts of ONNX's messages that our models use, <see href="https://github.com/onnx/onnx/blob/main/onnx/onnx-ml.proto"/>.</summary>
internal sealed class OnnxFile
{
    public long IrVersion { get; set; }

    public string Producer { get; set; } = "";

    /// <summary>Operator sets: domain ("" is ai.onnx) and version.</summary>
    public List<(string Domain, long Version)> Opsets { get; } = [];

    public List<(string Key, string Value)> Metadata { get; } = [];

    public OnnxGraph? Graph { get; set; }
}

internal sealed class OnnxGraph
{
    public string Name { get; set; } = "";

    public List<OnnxNode> Nodes { get; } = [];

    public List<OnnxTensor> Initializers { get; } = [];

    public List<OnnxValue> Inputs { get; } = [];

    public List<OnnxValue> Outputs { get; } = [];
}

internal sealed class OnnxNode
{
    public string Domain { get; set; } = "";

    public string Operator { get; set; } = "";

    public List<string> Inputs { get; } = [];

    public List<string> Outputs { get; } = [];

    public List<OnnxAttribute> Attributes { get; } = [];
}

/// <summary>AttributeProto.AttributeType, as far as we use it.</summary>
internal enum AttributeType
{
    Undefined = 0,
    Float = 1,
    Int = 2,
    String = 3,
    Tensor = 4,
    Floats = 6,
    Ints = 7,
    Strings = 8,
}

internal sealed class OnnxAttribute
{
    public string Name { get; set; } = "";

    public AttributeType Type { get; set; }

    public float Float { get; set; }

    public long Int { get; set; }

    public string Text { get; set; } = "";

    public OnnxTensor? Tensor { get; set; }

    public IReadOnlyList<float> Floats { get; set; } = [];

    public IReadOnlyList<long> Ints { get; set; } = [];

    public IReadOnlyList<string> Strings { get; set; } = [];
}

/// <summary>TensorProto.DataType, as far as we use it.</summary>
internal enum ElementType
{
    Undefined = 0,
    Float = 1,
    Int64 = 7,
    Text = 8,
}

internal sealed class OnnxTensor
{
    public string Name { get; set; } = "";

    public ElementType Type { get; set; }

    public IReadOnlyList<long> Dims { get; set; } = [];

    public IReadOnlyList<float> Floats { get; set; } = [];

    public IReadOnlyList<long> Ints { get; set; } = [];

    public IReadOnlyList<string> Strings { get; set; } = [];
}

/// <summary>A graph's input or output; a dimension without a number is the rows'.</summary>
internal sealed class OnnxValue
{
    public string Name { get; set; } = "";

    public ElementType Type { get; set; }

    public List<long?> Dims { get; } = [];
}
