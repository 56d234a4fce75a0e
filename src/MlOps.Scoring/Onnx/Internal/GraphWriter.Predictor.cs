namespace MlOps.Scoring.Onnx.Internal;

/// <summary>The predictor and its link.</summary>
internal sealed partial class GraphWriter
{
    private void WritePredictor()
    {
        var classes = _model.Signature.Classes;
        var raw = _model.Signature.Task == ModelTask.Regression ? Prediction : "scores/raw";
        switch (_model.Predictor)
        {
            case LinearPredictor linear:
                Linear(linear, raw);
                break;
            case TreeEnsemble ensemble:
                Trees(ensemble, raw);
                break;
        }

        if (_model.Signature.Task == ModelTask.Regression)
        {
            _graph.Outputs.Add(Value(Prediction, ElementType.Float, 1));
            return;
        }

        _graph.Initializers.Add(new() { Name = "label/classes", Type = ElementType.Text, Dims = [classes.Count], Strings = [.. classes] });
        var index = _model.Signature.Task == ModelTask.Binary ? Binary(raw) : Multiclass(raw);
        Node("", "Gather", ["label/classes", index], Label, Int("axis", 0));
        _graph.Outputs.Add(Value(Label, ElementType.Text));
        _graph.Outputs.Add(Value(Probabilities, ElementType.Float, classes.Count));
    }

    private string Binary(string raw)
    {
        var positive = Node("", _model.Predictor.Link == Link.Votes ? "Identity" : "Sigmoid", [raw], Positive);
        var negative = Node("", "Sub", [Constant("scores/one", [1f]), positive], "scores/negative");
        Node("", "Concat", [negative, positive], Probabilities, Int("axis", 1));
        var isPositive = Node("", "GreaterOrEqual", [positive, Constant("scores/half", [0.5f])], "label/positive");
        var flat = Node("", "Reshape", [isPositive, Constant("label/shape", -1)], "label/flat");
        return Node("", "Cast", [flat], "label/index", Int("to", (long)ElementType.Int64));
    }

    private string Multiclass(string raw)
    {
        _ = _model.Predictor.Link switch
        {
            Link.Votes => Node("", "Identity", [raw], Probabilities),
            Link.OneVsRest => Node(Ml, "Normalizer", [Node("", "Sigmoid", [raw], "scores/each")], Probabilities, Text("norm", "L1")),
            _ => Node("", "Softmax", [raw], Probabilities, Int("axis", 1)),
        };
        return Node("", "ArgMax", [Probabilities], "label/index", Int("axis", 1), Int("keepdims", 0));
    }

    private void Linear(LinearPredictor linear, string output) => Node(Ml, "LinearRegressor", [Features], output,
        Floats("coefficients", linear.Weights.SelectMany(w => w.Length == 0 ? [0] : w)),
        Floats("intercepts", linear.Intercepts),
        Text("post_transform", "NONE"),
        Int("targets", linear.Weights.Length));

    private void Trees(TreeEnsemble ensemble, string output)
    {
        // The operator wants a tree at least; a leaf of nothing changes nothing.
        var trees = ensemble.Trees.Count > 0 ? ensemble.Trees : [new(0, [-1], [0], [false], [0], [0], [0])];
        var nodes = trees.SelectMany((tree, t) => tree.Feature.Select((feature, n) => (tree, t, n, IsLeaf: feature < 0))).ToArray();
        var leaves = nodes.Where(x => x.IsLeaf).ToArray();
        OnnxAttribute[] covers = trees.All(tree => tree.Cover.Length > 0) ? [Floats("nodes_hitrates", nodes.Select(x => x.tree.Cover[x.n]))] : [];
        Node(Ml, "TreeEnsembleRegressor", [Features], output,
        [
            Text("aggregate_function", "SUM"),
            Floats("base_values", ensemble.BaseScores),
            Int("n_targets", ensemble.BaseScores.Length),
            Ints("nodes_falsenodeids", nodes.Select(x => x.IsLeaf ? 0L : x.tree.Right[x.n])),
            Ints("nodes_featureids", nodes.Select(x => x.IsLeaf ? 0L : x.tree.Feature[x.n])),
            .. covers,
            Ints("nodes_missing_value_tracks_true", nodes.Select(x => !x.IsLeaf && x.tree.MissingLeft[x.n] ? 1L : 0)),
            Strings("nodes_modes", [.. nodes.Select(x => x.IsLeaf ? "LEAF" : "BRANCH_LEQ")]),
            Ints("nodes_nodeids", nodes.Select(x => (long)x.n)),
            Ints("nodes_treeids", nodes.Select(x => (long)x.t)),
            Ints("nodes_truenodeids", nodes.Select(x => x.IsLeaf ? 0L : x.tree.Left[x.n])),
            Floats("nodes_values", nodes.Select(x => x.IsLeaf ? 0 : x.tree.Threshold[x.n])),
            Text("post_transform", "NONE"),
            Ints("target_ids", leaves.Select(x => (long)x.tree.Output)),
            Ints("target_nodeids", leaves.Select(x => (long)x.n)),
            Ints("target_treeids", leaves.Select(x => (long)x.t)),
            Floats("target_weights", leaves.Select(x => x.tree.Value[x.n])),
        ]);
    }
}
