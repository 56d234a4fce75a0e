using MlOps.Scoring.Internal;

namespace MlOps.Scoring.Onnx.Internal;

/// <summary>The encoders and the predictor that a graph's nodes hold.</summary>
/// <remarks>Walks from the features back to the inputs and takes parameters from the nodes on the way. It trusts names and shapes; whoever
/// calls it writes the model again and compares the graphs, which proves that nothing was overlooked.</remarks>
internal sealed class GraphReader
{
    private readonly Signature _signature;
    private readonly OnnxGraph _graph;
    private readonly Dictionary<string, OnnxNode> _producers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OnnxTensor> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _columns = new(StringComparer.Ordinal);

    private GraphReader(OnnxGraph graph, Signature signature)
    {
        (_graph, _signature) = (graph, signature);
        foreach (var node in graph.Nodes)
        {
            foreach (var output in node.Outputs)
            {
                _producers[output] = node;
            }
        }

        foreach (var tensor in graph.Initializers)
        {
            _constants[tensor.Name] = tensor;
        }

        var names = InputNames.For(signature.Inputs);
        for (var i = 0; i < names.Length; i++)
        {
            _columns[names[i]] = signature.Inputs[i].Name;
        }
    }

    /// <exception cref="InvalidDataException">The graph is not one that we write.</exception>
    public static TrainedModel Read(OnnxGraph graph, Signature signature)
    {
        var reader = new GraphReader(graph, signature);
        Encoder[] encoders = [.. reader.Producer(GraphWriter.Features).Inputs.SelectMany(reader.Block)];
        return new(signature, encoders, reader.Predictor(encoders.Sum(e => e.Width))) { Calibration = reader.Calibration() };
    }

    private Calibration? Calibration()
    {
        if (_constants.ContainsKey(GraphWriter.PlattSlope))
        {
            return new PlattCalibration(Single(GraphWriter.PlattSlope), Single(GraphWriter.PlattIntercept));
        }

        if (!_constants.ContainsKey(GraphWriter.IsotonicStarts))
        {
            return null;
        }

        return new IsotonicCalibration(Single(GraphWriter.IsotonicBase), [.. Constant(GraphWriter.IsotonicStarts).Floats],
            [.. Constant(GraphWriter.IsotonicWidths).Floats], [.. Constant(GraphWriter.IsotonicHeights).Floats]);
    }

    private float Single(string name) => Constant(name).Floats is [var number] ? number : throw new InvalidDataException($"constant '{name}' is no single number");

    private IEnumerable<Encoder> Block(string output)
    {
        var node = Producer(output);
        var (offsets, scales) = (default(float[]), default(float[]));
        if (node.Operator == "Scaler")
        {
            (offsets, scales) = (Floats(node, "offset"), Floats(node, "scale"));
            node = Producer(node.Inputs[0]);
        }

        return node.Operator switch
        {
            "ConstantOfShape" => [],
            "Concat" or "Imputer" => Numeric(node, offsets, scales),
            "Where" => [Producer(node.Inputs[2]).Operator == "Concat" ? Cyclic(node) : Calendar(node, offsets, scales)],
            "LabelEncoder" => [Ordinal(node)],
            "Flatten" => [OneHot(Producer(node.Inputs[0]))],
            "Normalizer" => [Text(Producer(node.Inputs[0]))],
            _ => throw Foreign(node),
        };
    }

    private List<Encoder> Numeric(OnnxNode node, float[]? offsets, float[]? scales)
    {
        float[]? fills = null;
        if (node.Operator == "Imputer")
        {
            fills = Floats(node, "imputed_value_floats");
            node = Producer(node.Inputs[0]);
        }

        var run = new List<Encoder>();
        foreach (var input in node.Inputs)
        {
            var i = run.Count;
            run.Add(new NumericEncoder(Column(input), At(fills, i, float.NaN), At(offsets, i, 0), At(scales, i, 1)));
        }

        return run;
    }

    private CalendarEncoder Calendar(OnnxNode where, float[]? offsets, float[]? scales)
    {
        var concat = Producer(Producer(where.Inputs[2]).Inputs[0]);
        CalendarPart[] parts = [.. concat.Inputs.Select(Part)];
        var fill = Constant(where.Inputs[1]).Floats.ToArray();
        return new(Column(Producer(where.Inputs[0]).Inputs[0]), parts, fill,
            offsets ?? new float[parts.Length], scales ?? [.. Enumerable.Repeat(1f, parts.Length)]);
    }

    private CyclicEncoder Cyclic(OnnxNode where)
    {
        var places = Producer(where.Inputs[2]).Inputs.Select(angle => Producer(Producer(angle).Inputs[0]).Inputs[1]);
        return new(Column(Producer(where.Inputs[0]).Inputs[0]), [.. places.Select(Part)], Single(where.Inputs[1]));
    }

    private CalendarPart Part(string output)
    {
        var word = output[(output.LastIndexOf('/') + 1)..].TrimEnd("0123456789".ToCharArray());
        return word != "part" ? Enum.Parse<CalendarPart>(word, ignoreCase: true) : Producer(output).Operator switch
        {
            "Identity" => CalendarPart.Days,
            "Div" => CalendarPart.Hour,
            "Mod" => CalendarPart.Weekday,
            "Add" => CalendarPart.Month,
            _ => throw Foreign(Producer(output)),
        };
    }

    private OrdinalEncoder Ordinal(OnnxNode node)
    {
        var (keys, values) = (Strings(node, "keys_strings"), Floats(node, "values_floats"));
        if (keys.Length == 0 || keys.Length != values.Length)
        {
            throw Foreign(node);
        }

        return new(Column(node.Inputs[0]), keys[..^1], values[..^1], values[^1], Attribute(node, "default_float").Float);
    }

    private Encoder OneHot(OnnxNode node) => node.Attributes.Exists(a => a.Name == "cats_int64s")
        ? new HashEncoder(Column(node.Inputs[0]), Ints(node, "cats_int64s").Length)
        : new OneHotEncoder(Column(node.Inputs[0]), Strings(node, "cats_strings"));

    private TextEncoder Text(OnnxNode node)
    {
        long[]? places = null;
        if (node.Operator == "Gather")
        {
            places = [.. Constant(node.Inputs[1]).Ints];
            node = Producer(node.Inputs[0]);
        }

        var weights = Floats(node, "weights");
        var tokenizer = Producer(node.Inputs[0]);
        var characters = tokenizer.Attributes.Exists(a => a.Name == "separators");
        var terms = Terms(node, characters ? "" : " ");
        if (terms.Length != weights.Length || (places ?? []).Any(p => p < 0 || p >= weights.Length))
        {
            throw Foreign(node);
        }

        var column = Column(Producer(Producer(tokenizer.Inputs[0]).Inputs[0]).Inputs[0]);
        return (places is null
            ? new TextEncoder(column, terms, weights)
            : new(column, Array.ConvertAll(places, p => terms[p]), Array.ConvertAll(places, p => weights[p]))) with { Characters = characters };
    }

    // The pool holds terms of one part, then of two, and so on; the counts say where each length begins.
    private static string[] Terms(OnnxNode node, string between)
    {
        var (pool, starts) = (Strings(node, "pool_strings"), Ints(node, "ngram_counts"));
        var terms = new List<string>();
        for (var i = 0; i < starts.Length; i++)
        {
            var (from, to) = (starts[i], i + 1 < starts.Length ? starts[i + 1] : pool.Length);
            if (from < 0 || from > to || to > pool.Length)
            {
                throw Foreign(node);
            }

            terms.AddRange(pool[(int)from..(int)to].Chunk(i + 1).Select(parts => string.Join(between, parts)));
        }

        return [.. terms];
    }

    private Predictor Predictor(int width)
    {
        var link = _signature.Task switch
        {
            ModelTask.Regression => Producer(GraphWriter.Prediction).Operator == "Exp" ? Link.Exponential : Link.Identity,
            ModelTask.Binary => Producer(GraphWriter.Positive).Operator == "Identity" ? Link.Votes : Link.Logistic,
            _ => Producer(GraphWriter.Probabilities).Operator switch { "Identity" => Link.Votes, "Normalizer" => Link.OneVsRest, _ => Link.Softmax },
        };
        var node = _graph.Nodes.Find(n => n.Inputs.Contains(GraphWriter.Features))
            ?? throw new InvalidDataException($"nothing takes '{GraphWriter.Features}'");
        return node.Operator switch
        {
            "LinearRegressor" => Linear(node, link, width),
            "TreeEnsembleRegressor" => new TreeEnsemble(link, Floats(node, "base_values"), TreeReader.Read(name => Attribute(node, name), node.Attributes.Find(a => a.Name == "nodes_hitrates")?.Floats)),
            _ => throw Foreign(node),
        };
    }

    private static LinearPredictor Linear(OnnxNode node, Link link, int width)
    {
        var (coefficients, intercepts) = (Floats(node, "coefficients"), Floats(node, "intercepts"));
        return width == 0 || intercepts.Length == 0
            ? new(link, [.. intercepts.Select(_ => Array.Empty<float>())], intercepts)
            : new(link, [.. coefficients.Chunk(width)], intercepts);
    }

    private OnnxNode Producer(string name) => _producers.TryGetValue(name, out var node) && node.Inputs.Count > 0
        ? node
        : throw new InvalidDataException($"no node makes '{name}'");

    private OnnxTensor Constant(string name) =>
        _constants.GetValueOrDefault(name) ?? throw new InvalidDataException($"there is no constant '{name}'");

    private string Column(string input) =>
        _columns.GetValueOrDefault(input) ?? throw new InvalidDataException($"there is no input '{input}' in the signature");

    private static float At(float[]? values, int i, float otherwise) =>
        values is null ? otherwise : i < values.Length ? values[i] : throw new InvalidDataException("fewer parameters than columns");

    private static OnnxAttribute Attribute(OnnxNode node, string name) => node.Attributes.Find(a => a.Name == name)
        ?? throw new InvalidDataException($"operator {node.Operator} has no attribute '{name}'");

    private static float[] Floats(OnnxNode node, string name) => [.. Attribute(node, name).Floats];

    private static long[] Ints(OnnxNode node, string name) => [.. Attribute(node, name).Ints];

    private static string[] Strings(OnnxNode node, string name) => [.. Attribute(node, name).Strings];

    private static InvalidDataException Foreign(OnnxNode node) => new($"operator {node.Operator} stands where none of ours does");
}
