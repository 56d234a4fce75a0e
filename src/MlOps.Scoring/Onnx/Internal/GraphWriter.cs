using MlOps.Data;
using MlOps.Scoring.Internal;

namespace MlOps.Scoring.Onnx.Internal;

/// <summary>A model as an ONNX graph: per column an input of shape [N, 1], blocks of features, their concatenation, the predictor, its link.</summary>
/// <remarks>Names of inputs and outputs are identifiers; names within the graph have a slash, so that none can be taken twice.</remarks>
internal sealed partial class GraphWriter
{
    /// <summary>The concatenation of all features, [N, width].</summary>
    public const string Features = "features/all";

    public const string Prediction = "prediction";
    public const string Label = "label";
    public const string Probabilities = "probabilities";
    public const string PlattSlope = "calibration/slope";
    public const string PlattIntercept = "calibration/intercept";
    public const string IsotonicBase = "calibration/base";
    public const string IsotonicStarts = "calibration/starts";
    public const string IsotonicWidths = "calibration/widths";
    public const string IsotonicHeights = "calibration/heights";
    public const string Positive = "scores/positive";
    public const string Ml = "ai.onnx.ml";
    public const string Microsoft = "com.microsoft";

    private readonly TrainedModel _model;
    private readonly OnnxGraph _graph = new() { Name = "model" };
    private readonly Dictionary<string, string> _inputs = new(StringComparer.Ordinal);

    private GraphWriter(TrainedModel model) => _model = model;

    public static OnnxGraph Write(TrainedModel model)
    {
        var writer = new GraphWriter(model);
        writer.WriteInputs();
        writer.WriteFeatures();
        writer.WritePredictor();
        return writer._graph;
    }

    private void WriteInputs()
    {
        var names = InputNames.For(_model.Signature.Inputs);
        for (var i = 0; i < names.Length; i++)
        {
            var input = _model.Signature.Inputs[i];
            _inputs.Add(input.Name, names[i]);
            var hashed = _model.Encoders.Any(e => e is HashEncoder && e.Column == input.Name);
            _graph.Inputs.Add(Value(names[i], hashed ? ElementType.Int64 : InputNames.ElementOf(input.Kind), 1));
        }
    }

    private void WriteFeatures()
    {
        var encoders = _model.Encoders.Where(e => e.Width > 0).ToList();
        var blocks = new List<string>();
        for (var i = 0; i < encoders.Count;)
        {
            // Numbers in a row are filled and scaled together.
            var run = encoders.Skip(i).TakeWhile(e => e is NumericEncoder).Cast<NumericEncoder>().ToList();
            var block = $"block{blocks.Count}";
            blocks.Add(run.Count > 0 ? Numeric(block, run) : encoders[i] switch
            {
                OrdinalEncoder ordinal => Ordinal(block, ordinal),
                OneHotEncoder oneHot => OneHot(block, oneHot),
                CalendarEncoder calendar => Calendar(block, calendar),
                CyclicEncoder cyclic => Cyclic(block, cyclic),
                HashEncoder hash => Hash(block, hash),
                TextEncoder text => Text(block, text),
                _ => throw new ArgumentException($"unknown encoder {encoders[i].GetType().Name}"),
            });
            i += Math.Max(run.Count, 1);
        }

        if (blocks.Count == 0)
        {
            blocks.Add(Nothing());
        }

        Node("", "Concat", blocks, Features, Int("axis", 1));
    }

    // Operators want a column at least: one of zeros.
    private string Nothing()
    {
        var shape = Node("", "Shape", [_inputs[_model.Signature.Inputs[0].Name]], "none/shape");
        return Node("", "ConstantOfShape", [shape], "none/zeros", new OnnxAttribute
        {
            Name = "value",
            Type = AttributeType.Tensor,
            Tensor = new() { Type = ElementType.Float, Dims = [1], Floats = [0] },
        });
    }

    private string Numeric(string block, List<NumericEncoder> run)
    {
        var columns = Node("", "Concat", run.Select(e => _inputs[e.Column]), $"{block}/columns", Int("axis", 1));
        var filled = run.TrueForAll(e => float.IsNaN(e.Fill))
            ? columns
            : Node(Ml, "Imputer", [columns], $"{block}/filled", Floats("imputed_value_floats", run.Select(e => e.Fill)),
                Float("replaced_value_float", float.NaN));
        return Scaled(block, filled, [.. run.Select(e => e.Offset)], [.. run.Select(e => e.Scale)]);
    }

    private string Scaled(string block, string input, float[] offsets, float[] scales) =>
        Array.TrueForAll(offsets, o => o == 0) && Array.TrueForAll(scales, s => s == 1)
            ? input
            : Node(Ml, "Scaler", [input], $"{block}/scaled", Floats("offset", offsets), Floats("scale", scales));

    private string Ordinal(string block, OrdinalEncoder encoder) => Node(Ml, "LabelEncoder", [_inputs[encoder.Column]], $"{block}/values",
        Strings("keys_strings", [.. encoder.Categories, ""]),
        Floats("values_floats", [.. encoder.Values, encoder.Missing]),
        Float("default_float", encoder.Unknown));

    private string OneHot(string block, OneHotEncoder encoder) => OneHot(block, encoder.Column, Strings("cats_strings", encoder.Categories));

    // What it takes is the bucket: no operator hashes texts.
    private string Hash(string block, HashEncoder encoder) =>
        OneHot(block, encoder.Column, Ints("cats_int64s", Enumerable.Range(0, encoder.Buckets).Select(bucket => (long)bucket)));

    private string OneHot(string block, string column, OnnxAttribute categories)
    {
        var cube = Node(Ml, "OneHotEncoder", [_inputs[column]], $"{block}/cube", categories, Int("zeros", 1));
        return Node("", "Flatten", [cube], $"{block}/values", Int("axis", 1));
    }
}
