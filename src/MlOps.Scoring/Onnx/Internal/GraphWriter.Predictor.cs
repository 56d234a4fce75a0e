namespace MlOps.Scoring.Onnx.Internal;

/// <summary>The predictor and its link.</summary>
internal sealed partial class GraphWriter
{
    private void WritePredictor()
    {
        var classes = _model.Signature.Classes;
        var raw = _model.Predictor.Link == Link.Identity ? Prediction : "scores/raw";
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
            if (_model.Predictor.Link == Link.Exponential)
            {
                Node("", "Exp", [raw], Prediction);
            }

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
        var positive = ToProbability(raw);
        var negative = Node("", "Sub", [Constant("scores/one", [1f]), positive], "scores/negative");
        Node("", "Concat", [negative, positive], Probabilities, Int("axis", 1));
        var isPositive = Node("", "GreaterOrEqual", [positive, Constant("scores/half", [_model.Signature.Threshold])], "label/positive");
        var flat = Node("", "Reshape", [isPositive, Constant("label/shape", -1)], "label/flat");
        return Node("", "Cast", [flat], "label/index", Int("to", (long)ElementType.Int64));
    }

    private string ToProbability(string raw)
    {
        if (_model.Predictor.Link == Link.Votes)
        {
            return Node("", "Identity", [raw], Positive);
        }

        switch (_model.Calibration)
        {
            case PlattCalibration platt:
                var sloped = Node("", "Mul", [raw, Constant(PlattSlope, [platt.Slope])], "calibration/sloped");
                raw = Node("", "Add", [sloped, Constant(PlattIntercept, [platt.Intercept])], "calibration/shifted");
                break;
            case IsotonicCalibration isotonic:
                return Isotonic(raw, isotonic);
        }

        return Node("", "Sigmoid", [raw], Positive);
    }

    private string Isotonic(string raw, IsotonicCalibration isotonic)
    {
        // Operators want a segment at least; one of no height changes nothing.
        var (starts, widths, heights) = isotonic.Starts.Length > 0 ? (isotonic.Starts, isotonic.Widths, isotonic.Heights) : ([0f], [1f], [0f]);
        _graph.Initializers.Add(new() { Name = "calibration/zero", Type = ElementType.Float, Floats = [0] });
        _graph.Initializers.Add(new() { Name = "calibration/one", Type = ElementType.Float, Floats = [1] });
        _graph.Initializers.Add(new() { Name = IsotonicHeights, Type = ElementType.Float, Dims = [heights.Length, 1], Floats = heights });
        var beyond = Node("", "Sub", [raw, Constant(IsotonicStarts, starts)], "calibration/beyond");
        var share = Node("", "Div", [beyond, Constant(IsotonicWidths, widths)], "calibration/share");
        var held = Node("", "Clip", [share, "calibration/zero", "calibration/one"], "calibration/held");
        var risen = Node("", "MatMul", [held, IsotonicHeights], "calibration/risen");
        var level = Node("", "Add", [risen, Constant(IsotonicBase, [isotonic.Base])], "calibration/level");
        return Node("", "Clip", [level, "calibration/zero", "calibration/one"], Positive);
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
        Tree[] trees = ensemble.Trees.Count > 0 ? [.. ensemble.Trees.Select(SetChain.Spread)] : [new(0, [-1], [0], [false], [0], [0], [0])];
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
            Strings("nodes_modes", [.. nodes.Select(x => x.IsLeaf ? "LEAF" : x.tree.HasSet(x.n) ? "BRANCH_EQ" : "BRANCH_LEQ")]),
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
