using MlOps.Content;

namespace MlOps.Scoring.Onnx.Internal.Foreign;

/// <summary>Finds features, predictor and link in a graph that another program wrote.</summary>
/// <remarks>Evaluates names symbolically, from the output that holds the prediction back to the inputs. An operator, an attribute or a shape that is
/// not understood ends it: nothing is guessed. Nodes that lead to other outputs only (a classifier's label) are not looked at.</remarks>
internal sealed partial class ForeignGraph
{
    /// <summary>The operators that can be read, for people.</summary>
    public const string Supported = "Concat, Cast, Identity, Reshape, Flatten, Gather, Sub, Mul, Div, Imputer, Scaler, FeatureVectorizer, ArrayFeatureExtractor, OneHotEncoder, LabelEncoder; "
        + "MatMul, Gemm, Add, LinearRegressor, LinearClassifier, TreeEnsembleRegressor, TreeEnsembleClassifier; Sigmoid, Softmax, Normalizer (L1), ZipMap";

    /// <summary>Most raw scores that a predictor may have; no label has more classes.</summary>
    public const int MostOutputs = 1000;

    /// <summary>Most features of a model, and most columns that all its operators together may pass on: a small file can ask for more than any memory holds.</summary>
    private const int MostFeatures = 1_000_000, MostPassed = 10_000_000;

    // Far above what converters make; deeper ones would end the stack.
    private const int MostDeep = 500;

    private readonly Dictionary<string, OnnxNode> _producers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OnnxTensor> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ForeignValue> _values;
    private int _depth;
    private long _passed;

    private ForeignGraph(OnnxGraph graph, Signature wanted)
    {
        _values = ForeignInputs.Read(graph, wanted.Inputs);
        foreach (var node in graph.Nodes)
        {
            foreach (var output in node.Outputs.Where(output => output.Length > 0 && !_producers.TryAdd(output, node)))
            {
                throw new InvalidDataException($"'{output}' is made twice");
            }
        }

        foreach (var tensor in graph.Initializers)
        {
            if (_producers.ContainsKey(tensor.Name) || _values.ContainsKey(tensor.Name) || !_constants.TryAdd(tensor.Name, tensor))
            {
                throw new InvalidDataException($"'{tensor.Name}' is made twice");
            }
        }
    }

    /// <summary>What the graph's prediction is made of.</summary>
    /// <exception cref="InvalidDataException">An operator, an attribute or a shape is not supported.</exception>
    /// <exception cref="DiagnosticException">MLO5013: the inputs do not fit.</exception>
    public static Scores Read(OnnxGraph graph, Signature wanted)
    {
        var reader = new ForeignGraph(graph, wanted);
        var output = Prediction(graph, wanted.Task);
        return reader.Value(output) as Scores ?? throw new InvalidDataException($"output '{output}' is made without a predictor");
    }

    public static DiagnosticException Unreadable(string why) => new(new Diagnostic("MLO5012", "the ONNX model has what this program cannot score")
    {
        Why = why,
        Mend = $"write it with these operators: {Supported}",
    });

    // Converters call a classifier's outputs label (or output_label) and probabilities (or output_probability).
    private static string Prediction(OnnxGraph graph, ModelTask task)
    {
        var names = graph.Outputs.Select(output => output.Name).ToList();
        return names is [var only] ? only
            : task != ModelTask.Regression && names.FindAll(name => name.Contains("prob", StringComparison.OrdinalIgnoreCase)) is [var probabilities] ? probabilities
            : throw ForeignFit.Misfit(
                $"its outputs are {(names.Count == 0 ? "none" : string.Join(", ", names.Select(name => $"'{name}'")))}",
                task == ModelTask.Regression ? "let it have one output, float32 [N, 1]" : "let it have the output 'probabilities', float32 [N, classes]; others, such as 'label', are not read");
    }

    private ForeignValue Value(string name)
    {
        if (_values.TryGetValue(name, out var known))
        {
            return known;
        }

        var node = new ForeignNode(_producers.GetValueOrDefault(name) ?? throw new InvalidDataException($"nothing makes '{name}'"));
        if (++_depth > MostDeep)
        {
            throw node.Bad($"stands behind more than {MostDeep} others, or behind itself");
        }

        var value = Apply(node);
        node.NothingElse();
        _depth--;
        if (value is Block block)
        {
            Pass(node, block.Encoders.Count, block.Encoders.Sum(encoder => (long)encoder.Width));
        }

        return _values[name] = value;
    }

    private ForeignValue Apply(ForeignNode node) => node.Operator switch
    {
        "Concat" or "FeatureVectorizer" => Concat(node),
        "Identity" => Value(node.Inputs[0]),
        "Cast" => Cast(node),
        "Reshape" or "Flatten" => Reshape(node),
        "Gather" or "ArrayFeatureExtractor" => Select(node),
        "Imputer" => Imputer(node),
        "Scaler" or "Sub" or "Mul" or "Div" => Scaled(node),
        "OneHotEncoder" => OneHot(node),
        "LabelEncoder" => Ordinal(node),
        "MatMul" or "Gemm" => Product(node),
        "Add" => Add(node),
        "LinearRegressor" or "LinearClassifier" => Linear(node),
        "TreeEnsembleRegressor" or "TreeEnsembleClassifier" => Trees(node),
        "Sigmoid" => Linked(node, Link.Logistic),
        "Softmax" => Linked(node, Link.Softmax),
        "Normalizer" or "ZipMap" => Same(node),
        _ => throw node.Bad("is not supported"),
    };

    private void Pass(ForeignNode node, long columns, long features)
    {
        _passed += columns;
        node.Require(features <= MostFeatures && _passed <= MostPassed, $"makes {features} features, or with others more than {MostPassed} columns");
    }

    private Block Features(ForeignNode node, int input = 0) =>
        Value(node.Inputs[input]) as Block ?? throw node.Bad("takes scores where features are expected");

    private OnnxTensor Constant(ForeignNode node, int input)
    {
        var name = node.Inputs[input];
        if (!_constants.TryGetValue(name, out var tensor) && _producers.GetValueOrDefault(name) is { Operator: "Constant" } constant)
        {
            var attributes = new ForeignNode(constant);
            tensor = attributes.Tensor("value");
            attributes.NothingElse();
        }

        return tensor is not null && (tensor.Type is ElementType.Float ? tensor.Floats.Count : tensor.Ints.Count) == tensor.Dims.Aggregate(1L, (all, dim) => checked(all * dim))
            ? tensor
            : throw node.Bad($"takes '{name}', which is no constant tensor of float32 or int64");
    }

    /// <summary>A float32 constant with one value per feature, or one for all.</summary>
    private static float[] PerFeature(ForeignNode node, IReadOnlyList<float> values, int width)
    {
        node.Require(values.Count == width || values.Count == 1, $"has {values.Count} values for {width} features");
        node.Require(values.All(float.IsFinite), "has a value that is no finite number");
        return values.Count == width ? [.. values] : [.. Enumerable.Repeat(values[0], width)];
    }
}
