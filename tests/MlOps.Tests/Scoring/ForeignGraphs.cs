using MlOps.Data;
using MlOps.Scoring;
using MlOps.Scoring.Onnx.Internal;

namespace MlOps.Tests.Scoring;

/// <summary>Graphs as other programs write them, node by node.</summary>
internal sealed class ForeignGraphs
{
    public const string Ml = "ai.onnx.ml";

    private readonly OnnxGraph _graph = new() { Name = "foreign" };

    public static readonly InputColumn[] Columns =
        [new("age", FeatureKind.Numeric), new("city", FeatureKind.Categorical), new("income €", FeatureKind.Numeric), new("member", FeatureKind.Boolean)];

    /// <summary>Rows with missing and unknown cells of <see cref="Columns"/>.</summary>
    public static Frame Rows { get; } = new(
    [
        new NumberColumn("age", [.. Enumerable.Range(0, 60).Select(i => i % 7 == 3 ? double.NaN : 18 + i)]),
        new StringColumn("city", [.. Enumerable.Range(0, 60).Select(i => (i % 5) - 1)], ["Bern", "Zürich", "Basel", "Oslo"]),
        new NumberColumn("income €", [.. Enumerable.Range(0, 60).Select(i => i % 11 == 5 ? double.NaN : (i * 37 % 50) / 3.0)]),
        new BooleanColumn("member", [.. Enumerable.Range(0, 60).Select(i => (byte)(i % 13 == 1 ? BooleanColumn.Missing : i % 2))]),
    ]);

    /// <summary>The columns' inputs: two by their names, one by its identifier.</summary>
    public ForeignGraphs Inputs() => Input("age").Input("city", ElementType.Text).Input("income__").Input("member");

    public ForeignGraphs Input(string name, ElementType type = ElementType.Float, long? width = 1) => Value(_graph.Inputs, name, type, width);

    public ForeignGraphs Output(string name = "variable", ElementType type = ElementType.Float, long? width = 1) => Value(_graph.Outputs, name, type, width);

    /// <summary>All numbers filled, in one matrix called <c>x</c>, [N, 3].</summary>
    public ForeignGraphs Numbers(bool filled)
    {
        Node("", "Concat", ["age", "income__", "member"], [filled ? "raw" : "x"], Int("axis", -1));
        return filled ? Node(Ml, "Imputer", ["raw"], ["x"], Floats("imputed_value_floats", 40, 10, 0), Float("replaced_value_float", float.NaN)) : this;
    }

    public ForeignGraphs Node(string domain, string operation, string[] inputs, string[] outputs, params OnnxAttribute[] attributes)
    {
        var node = new OnnxNode { Domain = domain, Operator = operation };
        node.Inputs.AddRange(inputs);
        node.Outputs.AddRange(outputs);
        node.Attributes.AddRange(attributes);
        _graph.Nodes.Add(node);
        return this;
    }

    public ForeignGraphs Constant(string name, long[] dims, params float[] values)
    {
        _graph.Initializers.Add(new() { Name = name, Type = ElementType.Float, Dims = dims, Floats = values });
        return this;
    }

    public ForeignGraphs Constant(string name, params long[] values)
    {
        _graph.Initializers.Add(new() { Name = name, Type = ElementType.Int64, Dims = [values.Length], Ints = values });
        return this;
    }

    public byte[] Bytes()
    {
        var file = new OnnxFile { IrVersion = 7, Producer = "skl2onnx", Graph = _graph };
        file.Opsets.AddRange([("", 13L), (Ml, 2L)]);
        return OnnxEncoder.Encode(file);
    }

    public static OnnxAttribute Int(string name, long value) => new() { Name = name, Type = AttributeType.Int, Int = value };

    public static OnnxAttribute Float(string name, float value) => new() { Name = name, Type = AttributeType.Float, Float = value };

    public static OnnxAttribute Text(string name, string value) => new() { Name = name, Type = AttributeType.String, Text = value };

    public static OnnxAttribute Ints(string name, params long[] values) => new() { Name = name, Type = AttributeType.Ints, Ints = values };

    public static OnnxAttribute Floats(string name, params float[] values) => new() { Name = name, Type = AttributeType.Floats, Floats = values };

    public static OnnxAttribute Texts(string name, params string[] values) => new() { Name = name, Type = AttributeType.Strings, Strings = values };

    /// <summary>Two trees over <c>x</c>: one root of the given mode, one leaf with a weight for each id.</summary>
    public static OnnxAttribute[] Trees(string prefix, string mode, params long[] ids) =>
    [
        Ints("nodes_treeids", 0, 0, 0, 0, 0, 1), Ints("nodes_nodeids", 0, 4, 2, 3, 1, 0), Ints("nodes_featureids", 0, 0, 1, 0, 0, 0),
        Texts("nodes_modes", mode, "LEAF", mode, "LEAF", "LEAF", "LEAF"), Floats("nodes_values", 40, 0, 7, 0, 0, 0),
        Ints("nodes_truenodeids", 2, 0, 3, 0, 0, 0), Ints("nodes_falsenodeids", 4, 0, 1, 0, 0, 0), Ints("nodes_missing_value_tracks_true", 1, 0, 0, 0, 0, 0),
        Ints($"{prefix}_treeids", [.. ids.SelectMany(_ => new long[] { 0, 0, 0, 1 })]), Ints($"{prefix}_nodeids", [.. ids.SelectMany(_ => new long[] { 4, 3, 1, 0 })]),
        Ints($"{prefix}_ids", [.. ids.SelectMany(id => Enumerable.Repeat(id, 4))]),
        Floats($"{prefix}_weights", [.. ids.SelectMany((_, k) => new[] { 1.5f - k, -2 + k, 0.25f * (k + 1), -0.5f })]),
    ];

    private ForeignGraphs Value(List<OnnxValue> values, string name, ElementType type, long? width)
    {
        var value = new OnnxValue { Name = name, Type = type };
        value.Dims.AddRange([null, width]);
        values.Add(value);
        return this;
    }
}
