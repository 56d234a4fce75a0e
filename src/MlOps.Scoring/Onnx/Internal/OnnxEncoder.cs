using Google.Protobuf;

namespace MlOps.Scoring.Onnx.Internal;

/// <summary>Messages to bytes: fields in ascending order, numbers packed, defaults left out, so that equal messages have equal bytes.</summary>
internal static class OnnxEncoder
{
    public static byte[] Encode(OnnxFile file) => Message(o =>
    {
        Int(o, 1, file.IrVersion);
        Text(o, 2, file.Producer);
        Nested(o, 7, Encode(file.Graph!));
        foreach (var (domain, version) in file.Opsets)
        {
            Nested(o, 8, Message(p =>
            {
                Text(p, 1, domain);
                Int(p, 2, version);
            }));
        }

        foreach (var (key, value) in file.Metadata)
        {
            Nested(o, 14, Message(p =>
            {
                Text(p, 1, key);
                Text(p, 2, value);
            }));
        }
    });

    public static byte[] Encode(OnnxGraph graph) => Message(o =>
    {
        graph.Nodes.ForEach(node => Nested(o, 1, Node(node)));
        Text(o, 2, graph.Name);
        graph.Initializers.ForEach(tensor => Nested(o, 5, Tensor(tensor)));
        graph.Inputs.ForEach(value => Nested(o, 11, Value(value)));
        graph.Outputs.ForEach(value => Nested(o, 12, Value(value)));
    });

    private static byte[] Node(OnnxNode node) => Message(o =>
    {
        Texts(o, 1, node.Inputs);
        Texts(o, 2, node.Outputs);
        Text(o, 4, node.Operator);
        node.Attributes.ForEach(attribute => Nested(o, 5, Attribute(attribute)));
        Text(o, 7, node.Domain);
    });

    private static byte[] Attribute(OnnxAttribute attribute) => Message(o =>
    {
        Text(o, 1, attribute.Name);
        switch (attribute.Type)
        {
            case AttributeType.Float:
                o.WriteTag(2, WireFormat.WireType.Fixed32);
                o.WriteFloat(attribute.Float);
                break;
            case AttributeType.Int:
                o.WriteTag(3, WireFormat.WireType.Varint);
                o.WriteInt64(attribute.Int);
                break;
            case AttributeType.String:
                o.WriteTag(4, WireFormat.WireType.LengthDelimited);
                o.WriteString(attribute.Text);
                break;
            case AttributeType.Tensor:
                Nested(o, 5, Tensor(attribute.Tensor!));
                break;
            default:
                Floats(o, 7, attribute.Floats);
                Ints(o, 8, attribute.Ints);
                Texts(o, 9, attribute.Strings);
                break;
        }

        Int(o, 20, (long)attribute.Type);
    });

    private static byte[] Tensor(OnnxTensor tensor) => Message(o =>
    {
        Ints(o, 1, tensor.Dims);
        Int(o, 2, (long)tensor.Type);
        Floats(o, 4, tensor.Floats);
        Texts(o, 6, tensor.Strings);
        Ints(o, 7, tensor.Ints);
        Text(o, 8, tensor.Name);
    });

    private static byte[] Value(OnnxValue value) => Message(o =>
    {
        Text(o, 1, value.Name);
        var shape = Message(s => value.Dims.ForEach(dim => Nested(s, 1, Message(d =>
        {
            if (dim is { } number)
            {
                Int(d, 1, number);
            }
            else
            {
                Text(d, 2, "N");
            }
        }))));
        var tensor = Message(t =>
        {
            Int(t, 1, (long)value.Type);
            Nested(t, 2, shape);
        });
        Nested(o, 2, Message(t => Nested(t, 1, tensor)));
    });

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            write(output);
        }

        return bytes.ToArray();
    }

    private static void Nested(CodedOutputStream output, int field, byte[] message)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(UnsafeByteOperations.UnsafeWrap(message));
    }

    private static void Int(CodedOutputStream output, int field, long value)
    {
        if (value != 0)
        {
            output.WriteTag(field, WireFormat.WireType.Varint);
            output.WriteInt64(value);
        }
    }

    private static void Text(CodedOutputStream output, int field, string value)
    {
        if (value.Length > 0)
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteString(value);
        }
    }

    private static void Texts(CodedOutputStream output, int field, IEnumerable<string> values)
    {
        foreach (var value in values)
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteString(value);
        }
    }

    private static void Floats(CodedOutputStream output, int field, IReadOnlyList<float> values)
    {
        if (values.Count > 0)
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteLength(4 * values.Count);
            foreach (var value in values)
            {
                output.WriteFloat(value);
            }
        }
    }

    private static void Ints(CodedOutputStream output, int field, IReadOnlyList<long> values)
    {
        if (values.Count > 0)
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteLength(values.Sum(CodedOutputStream.ComputeInt64Size));
            foreach (var value in values)
            {
                output.WriteInt64(value);
            }
        }
    }
}
