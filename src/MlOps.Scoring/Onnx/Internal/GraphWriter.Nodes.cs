namespace MlOps.Scoring.Onnx.Internal;

/// <summary>Short ways to say nodes, constants and attributes.</summary>
internal sealed partial class GraphWriter
{
    private string Node(string domain, string operation, IEnumerable<string> inputs, string output, params ReadOnlySpan<OnnxAttribute> attributes)
    {
        var node = new OnnxNode { Domain = domain, Operator = operation };
        node.Inputs.AddRange(inputs);
        node.Outputs.Add(output);
        node.Attributes.AddRange(attributes);
        _graph.Nodes.Add(node);
        return output;
    }

    private string Constant(string name, params long[] values)
    {
        _graph.Initializers.Add(new() { Name = name, Type = ElementType.Int64, Dims = [values.Length], Ints = values });
        return name;
    }

    private string Constant(string name, float[] values)
    {
        _graph.Initializers.Add(new() { Name = name, Type = ElementType.Float, Dims = [values.Length], Floats = values });
        return name;
    }

    private static OnnxValue Value(string name, ElementType type, params ReadOnlySpan<long> columns)
    {
        var value = new OnnxValue { Name = name, Type = type };
        value.Dims.Add(null);
        foreach (var dim in columns)
        {
            value.Dims.Add(dim);
        }

        return value;
    }

    private static OnnxAttribute Int(string name, long value) => new() { Name = name, Type = AttributeType.Int, Int = value };

    private static OnnxAttribute Float(string name, float value) => new() { Name = name, Type = AttributeType.Float, Float = value };

    private static OnnxAttribute Text(string name, string value) => new() { Name = name, Type = AttributeType.String, Text = value };

    private static OnnxAttribute Ints(string name, IEnumerable<long> values) => new() { Name = name, Type = AttributeType.Ints, Ints = [.. values] };

    private static OnnxAttribute Floats(string name, IEnumerable<float> values) =>
        new() { Name = name, Type = AttributeType.Floats, Floats = [.. values] };

    private static OnnxAttribute Strings(string name, string[] values) => new() { Name = name, Type = AttributeType.Strings, Strings = values };
}
