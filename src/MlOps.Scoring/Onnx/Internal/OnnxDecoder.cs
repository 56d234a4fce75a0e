using System.Buffers.Binary;
using Google.Protobuf;

namespace MlOps.Scoring.Onnx.Internal;

/// <summary>Bytes to messages; fields that we do not use are skipped.</summary>
/// <remarks>Throws <see cref="InvalidProtocolBufferException"/> where the bytes are no protocol buffers.</remarks>
internal static class OnnxDecoder
{
    public static OnnxFile Decode(byte[] bytes)
    {
        var file = new OnnxFile();
        using var all = new CodedInputStream(bytes);
        Fields(all, (field, _, input) =>
        {
            switch (field)
            {
                case 1: file.IrVersion = input.ReadInt64(); return true;
                case 2: file.Producer = input.ReadString(); return true;
                case 7: file.Graph = Graph(Nested(input)); return true;
                case 8: file.Opsets.Add(Opset(Nested(input))); return true;
                case 14: file.Metadata.Add(Entry(Nested(input))); return true;
                default: return false;
            }
        });
        return file;
    }

    private static (string Domain, long Version) Opset(CodedInputStream message)
    {
        var (domain, version) = ("", 0L);
        Fields(message, (field, _, input) =>
        {
            switch (field)
            {
                case 1: domain = input.ReadString(); return true;
                case 2: version = input.ReadInt64(); return true;
                default: return false;
            }
        });
        return (domain, version);
    }

    private static (string Key, string Value) Entry(CodedInputStream message)
    {
        var (key, value) = ("", "");
        Fields(message, (field, _, input) =>
        {
            switch (field)
            {
                case 1: key = input.ReadString(); return true;
                case 2: value = input.ReadString(); return true;
                default: return false;
            }
        });
        return (key, value);
    }

    private static OnnxGraph Graph(CodedInputStream message)
    {
        var graph = new OnnxGraph();
        Fields(message, (field, _, input) =>
        {
            switch (field)
            {
                case 1: graph.Nodes.Add(Node(Nested(input))); return true;
                case 2: graph.Name = input.ReadString(); return true;
                case 5: graph.Initializers.Add(Tensor(Nested(input))); return true;
                case 11: graph.Inputs.Add(Value(Nested(input))); return true;
                case 12: graph.Outputs.Add(Value(Nested(input))); return true;
                default: return false;
            }
        });
        return graph;
    }

    private static OnnxNode Node(CodedInputStream message)
    {
        var node = new OnnxNode();
        Fields(message, (field, _, input) =>
        {
            switch (field)
            {
                case 1: node.Inputs.Add(input.ReadString()); return true;
                case 2: node.Outputs.Add(input.ReadString()); return true;
                case 4: node.Operator = input.ReadString(); return true;
                case 5: node.Attributes.Add(Attribute(Nested(input))); return true;
                case 7: node.Domain = input.ReadString(); return true;
                default: return false;
            }
        });
        return node;
    }

    private static OnnxAttribute Attribute(CodedInputStream message)
    {
        var (attribute, floats, ints, strings) = (new OnnxAttribute(), new List<float>(), new List<long>(), new List<string>());
        Fields(message, (field, packed, input) =>
        {
            switch (field)
            {
                case 1: attribute.Name = input.ReadString(); return true;
                case 2: attribute.Float = input.ReadFloat(); return true;
                case 3: attribute.Int = input.ReadInt64(); return true;
                case 4: attribute.Text = input.ReadString(); return true;
                case 5: attribute.Tensor = Tensor(Nested(input)); return true;
                case 7: Floats(input, packed, floats); return true;
                case 8: Ints(input, packed, ints); return true;
                case 9: strings.Add(input.ReadString()); return true;
                case 20: attribute.Type = (AttributeType)input.ReadInt32(); return true;
                default: return false;
            }
        });
        (attribute.Floats, attribute.Ints, attribute.Strings) = (floats, ints, strings);
        return attribute;
    }

    private static OnnxTensor Tensor(CodedInputStream message)
    {
        var (tensor, dims, floats, ints, strings) = (new OnnxTensor(), new List<long>(), new List<float>(), new List<long>(), new List<string>());
        byte[] raw = [];
        Fields(message, (field, packed, input) =>
        {
            switch (field)
            {
                case 1: Ints(input, packed, dims); return true;
                case 2: tensor.Type = (ElementType)input.ReadInt32(); return true;
                case 4: Floats(input, packed, floats); return true;
                case 6: strings.Add(input.ReadString()); return true;
                case 7: Ints(input, packed, ints); return true;
                case 8: tensor.Name = input.ReadString(); return true;
                case 9: raw = input.ReadBytes().ToByteArray(); return true;
                default: return false;
            }
        });
        Unpack(tensor.Type, raw, floats, ints);
        (tensor.Dims, tensor.Floats, tensor.Ints, tensor.Strings) = (dims, floats, ints, strings);
        return tensor;
    }

    // Other writers put numbers as little-endian bytes; the type may stand after them.
    private static void Unpack(ElementType type, ReadOnlySpan<byte> raw, List<float> floats, List<long> ints)
    {
        for (; type == ElementType.Float && raw.Length >= sizeof(float); raw = raw[sizeof(float)..])
        {
            floats.Add(BinaryPrimitives.ReadSingleLittleEndian(raw));
        }

        for (; type == ElementType.Int64 && raw.Length >= sizeof(long); raw = raw[sizeof(long)..])
        {
            ints.Add(BinaryPrimitives.ReadInt64LittleEndian(raw));
        }
    }

    private static OnnxValue Value(CodedInputStream message)
    {
        var value = new OnnxValue();
        Fields(message, (field, _, input) =>
        {
            switch (field)
            {
                case 1: value.Name = input.ReadString(); return true;
                case 2: Each(input, 1, tensor => TensorType(tensor, value)); return true;
                default: return false;
            }
        });
        return value;
    }

    private static void TensorType(CodedInputStream message, OnnxValue value) => Fields(message, (field, _, input) =>
    {
        switch (field)
        {
            case 1: value.Type = (ElementType)input.ReadInt32(); return true;
            case 2: Each(input, 1, dim => value.Dims.Add(Dim(dim))); return true;
            default: return false;
        }
    });

    private static long? Dim(CodedInputStream message)
    {
        long? number = null;
        Fields(message, (field, _, input) =>
        {
            if (field == 1)
            {
                number = input.ReadInt64();
            }

            return field == 1;
        });
        return number;
    }

    private static void Each(CodedInputStream input, int wanted, Action<CodedInputStream> read) => Fields(Nested(input), (field, _, inner) =>
    {
        if (field == wanted)
        {
            read(Nested(inner));
        }

        return field == wanted;
    });

    private static void Fields(CodedInputStream message, Func<int, bool, CodedInputStream, bool> read)
    {
        for (var tag = message.ReadTag(); tag != 0; tag = message.ReadTag())
        {
            if (!read(WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited, message))
            {
                message.SkipLastField();
            }
        }
    }

    private static CodedInputStream Nested(CodedInputStream input) => input.ReadBytes().CreateCodedInput();

    // Packed or one by one: writers differ.
    private static void Floats(CodedInputStream input, bool packed, List<float> values)
    {
        if (packed)
        {
            for (var all = Nested(input); !all.IsAtEnd;)
            {
                values.Add(all.ReadFloat());
            }
        }
        else
        {
            values.Add(input.ReadFloat());
        }
    }

    private static void Ints(CodedInputStream input, bool packed, List<long> values)
    {
        if (packed)
        {
            for (var all = Nested(input); !all.IsAtEnd;)
            {
                values.Add(all.ReadInt64());
            }
        }
        else
        {
            values.Add(input.ReadInt64());
        }
    }
}
