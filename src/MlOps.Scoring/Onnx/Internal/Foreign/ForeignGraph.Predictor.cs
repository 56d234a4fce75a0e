using System.Globalization;

namespace MlOps.Scoring.Onnx.Internal.Foreign;

/// <summary>Operators that make and change scores.</summary>
internal sealed partial class ForeignGraph
{
    private Scores Linear(ForeignNode node)
    {
        var features = Features(node);
        var (coefficients, intercepts) = (node.Floats("coefficients"), node.Floats("intercepts"));
        var classes = Classes(node);
        var outputs = classes is null ? (int)Math.Clamp(node.Int("targets", 1), 0, MostOutputs + 1L) : intercepts.Count;
        _ = node.Int("multi_class", 0);
        node.Require(outputs is > 0 and <= MostOutputs, $"has {outputs} scores, not 1 to {MostOutputs}");
        node.Require(coefficients.Count == outputs * (long)features.Width && (intercepts.Count == outputs || intercepts.Count == 0),
            $"has {coefficients.Count} coefficients and {intercepts.Count} intercepts for {features.Width} features");
        node.Require(classes is null || classes.Count == outputs || (classes.Count == 2 && outputs == 1), "has not one row of coefficients per class");
        return Weighted(node, features, PostTransform(node), [.. coefficients.Chunk(features.Width)], intercepts.Count == 0 ? new float[outputs] : [.. intercepts], classes);
    }

    private Scores Product(ForeignNode node)
    {
        var features = Features(node);
        var matrix = Constant(node, 1);
        var isTransposed = false;
        if (node.Operator == "Gemm")
        {
            node.Only("transA", 0, 0);
            node.Require(node.Float("alpha", 1) == 1 && node.Float("beta", 1) == 1, "has alpha or beta other than 1");
            isTransposed = node.Int("transB", 0) != 0;
        }

        var width = features.Width;
        node.Require(matrix.Type == ElementType.Float && matrix.Dims.Count == 2 && matrix.Dims[isTransposed ? 1 : 0] == width, $"has a matrix that does not fit {width} features");
        var outputs = matrix.Floats.Count / width;
        node.Require(outputs > 0, "has a matrix without columns");
        float[][] weights = [.. Enumerable.Range(0, outputs).Select(k => Enumerable.Range(0, width)
            .Select(j => matrix.Floats[isTransposed ? (k * width) + j : (j * outputs) + k]).ToArray())];
        var intercepts = node.Operator == "Gemm" && node.Inputs.Count > 2 ? PerFeature(node, Constant(node, 2).Floats, outputs) : new float[outputs];
        return Weighted(node, features, Link.Identity, weights, intercepts, null);
    }

    private static Scores Weighted(ForeignNode node, Block features, Link link, float[][] weights, float[] intercepts, IReadOnlyList<string>? classes)
    {
        node.Require(weights.All(row => row.All(float.IsFinite)) && intercepts.All(float.IsFinite), "has a weight that is no finite number");
        foreach (var encoder in Numbers(node, features))
        {
            node.Require(encoder is not NumericEncoder { Fill: float.NaN },
                $"would predict no number where '{encoder.Column}' is missing: an Imputer must fill it before");
            node.Require(encoder is not OrdinalEncoder ordinal || ordinal.Values.Append(ordinal.Missing).Append(ordinal.Unknown).All(float.IsFinite),
                $"would predict no number for some '{encoder.Column}'");
        }

        return new(features.Encoders, new LinearPredictor(link, weights, intercepts), classes);
    }

    private Scores Add(ForeignNode node)
    {
        var constant = _constants.ContainsKey(node.Inputs[0]) || _producers.GetValueOrDefault(node.Inputs[0]) is { Operator: "Constant" } ? 0 : 1;
        var scores = Value(node.Inputs[1 - constant]) as Scores;
        node.Require(scores is { Predictor: { Link: Link.Identity } and LinearPredictor }, "adds to something else than the scores of MatMul, Gemm or a linear operator");
        var linear = (LinearPredictor)scores!.Predictor;
        var terms = PerFeature(node, Constant(node, constant).Floats, scores.Outputs);
        return scores with { Predictor = linear with { Intercepts = [.. linear.Intercepts.Zip(terms, (a, b) => a + b)] } };
    }

    private Scores Trees(ForeignNode node)
    {
        var features = Features(node);
        _ = Numbers(node, features);
        var classes = Classes(node);
        return new(features.Encoders, ForeignTrees.Read(node, classes) with { Link = PostTransform(node) }, classes);
    }

    private Scores Linked(ForeignNode node, Link link)
    {
        node.Require(node.Int("axis", -1) is 1 or -1, "goes down the rows");
        return Value(node.Inputs[0]) is Scores { Predictor.Link: Link.Identity } scores
            ? scores with { Predictor = scores.Predictor with { Link = link } }
            : throw node.Bad("takes something else than raw scores");
    }

    // What a converter adds behind probabilities without changing them; one against the rest, each class's are divided by their sum.
    private Scores Same(ForeignNode node)
    {
        var scores = Value(node.Inputs[0]) as Scores;
        if (node.Operator == "Normalizer" && scores is { Predictor.Link: Link.Logistic, Outputs: > 2 })
        {
            scores = scores with { Predictor = scores.Predictor with { Link = Link.OneVsRest } };
        }

        node.Require(scores is { AreProbabilities: true }, "takes something else than probabilities of classes that add up to 1");
        if (node.Operator == "Normalizer")
        {
            node.Require(node.Text("norm", "MAX") == "L1", "has another norm than L1");
        }
        else
        {
            _ = (node.Strings("classlabels_strings"), node.Ints("classlabels_int64s"));
        }

        return scores!;
    }

    private static IReadOnlyList<Encoder> Numbers(ForeignNode node, Block features) =>
        features.Encoders.FirstOrDefault(encoder => encoder is TextCells) is { } texts
            ? throw node.Bad($"takes the texts of '{texts.Column}': OneHotEncoder or LabelEncoder must make numbers of them before")
            : features.Encoders;

    private static Link PostTransform(ForeignNode node) => node.Text("post_transform", "NONE") switch
    {
        "NONE" => Link.Identity,
        "LOGISTIC" => Link.Logistic,
        "SOFTMAX" => Link.Softmax,
        var other => throw node.Bad($"has post_transform {other}, not NONE, LOGISTIC or SOFTMAX"),
    };

    private static List<string>? Classes(ForeignNode node)
    {
        if (!node.Operator.EndsWith("Classifier", StringComparison.Ordinal))
        {
            return null;
        }

        List<string> classes = [.. node.Strings("classlabels_strings"),
            .. node.Ints("classlabels_ints").Concat(node.Ints("classlabels_int64s")).Select(label => label.ToString(CultureInfo.InvariantCulture))];
        node.Require(classes.Count > 1, "names fewer than two classes");
        return classes;
    }
}
