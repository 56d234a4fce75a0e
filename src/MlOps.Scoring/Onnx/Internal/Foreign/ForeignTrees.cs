using System.Globalization;

namespace MlOps.Scoring.Onnx.Internal.Foreign;

/// <summary>Trees as any writer may put them: nodes in any order, any comparison, leaves with several targets.</summary>
internal static class ForeignTrees
{
    /// <summary>Most weights that leaves of several targets may become, unless the file itself has about as many: a tree is copied for each target.</summary>
    private const long MostWeights = 20_000_000;

    /// <summary>The ensemble, without a link. A leaf with several targets makes a tree for each.</summary>
    /// <exception cref="InvalidDataException">The attributes do not fit each other, or say what a tree here cannot.</exception>
    public static TreeEnsemble Read(ForeignNode node, IReadOnlyList<string>? classes)
    {
        var (leaves, isSingle) = Leaves(node, classes);
        var outputs = isSingle ? 1 : classes?.Count ?? (int)Math.Clamp(node.Int("n_targets", 1), 0, ForeignGraph.MostOutputs + 1L);
        node.Require(outputs is > 0 and <= ForeignGraph.MostOutputs, $"has {outputs} scores, not 1 to {ForeignGraph.MostOutputs}");
        var shapes = Shapes(node);
        var trees = new List<Tree>();
        var (weights, written) = (0L, leaves.Values.Sum(leaf => (long)leaf.Count));
        foreach (var (id, shape) in shapes)
        {
            var used = shape.NodeIds.SelectMany(n => leaves.GetValueOrDefault((id, n), []).Keys).Distinct().Order().ToList();
            weights += (long)used.Count * shape.NodeIds.Length;
            node.Require(weights <= Math.Max(MostWeights, 4 * written), $"has few leaves with weights for many of its {outputs} scores");
            trees.AddRange(used.Select(output => shape.Tree with
            {
                Output = output,
                Value = [.. shape.NodeIds.Select((n, i) => shape.Tree.Feature[i] >= 0 ? 0
                    : leaves.GetValueOrDefault((id, n), []).GetValueOrDefault(output))],
            }));
        }

        var factor = node.Text("aggregate_function", "SUM") switch
        {
            "SUM" => 1.0,
            "AVERAGE" => 1.0 / shapes.Count,
            var other => throw node.Bad($"has aggregate_function {other}, not SUM or AVERAGE"),
        };
        var bases = node.Floats("base_values");
        node.Require(bases.Count == 0 || bases.Count == outputs, $"has {bases.Count} base_values for {outputs} scores");
        node.Require(trees.TrueForAll(tree => tree.Value.All(float.IsFinite)) && bases.All(float.IsFinite), "has a weight that is no finite number");
        return new(Link.Identity, bases.Count == 0 ? new float[outputs] : [.. bases],
            factor == 1 ? trees : trees.ConvertAll(tree => tree with { Value = Array.ConvertAll(tree.Value, value => (float)(value * factor)) }));
    }

    // A classifier of two classes that gives weights to the first alone means the second's score.
    private static (Dictionary<(long Tree, long Node), Dictionary<int, float>> Leaves, bool IsSingle) Leaves(ForeignNode node, IReadOnlyList<string>? classes)
    {
        var prefix = classes is null ? "target" : "class";
        var (trees, nodes, ids, weights) = (node.Ints($"{prefix}_treeids"), node.Ints($"{prefix}_nodeids"), node.Ints($"{prefix}_ids"), node.Floats($"{prefix}_weights"));
        node.Require(nodes.Count == trees.Count && ids.Count == trees.Count && weights.Count == trees.Count, "has leaves' attributes of different lengths");
        var isSingle = classes is { Count: 2 } && ids.All(id => id == 0);
        var leaves = new Dictionary<(long Tree, long Node), Dictionary<int, float>>();
        for (var i = 0; i < trees.Count; i++)
        {
            node.Require(ids[i] >= 0 && ids[i] < (classes?.Count ?? int.MaxValue), "has a leaf of no class");
            if (!leaves.TryGetValue((trees[i], nodes[i]), out var leaf))
            {
                leaves.Add((trees[i], nodes[i]), leaf = []);
            }

            var output = isSingle ? 0 : (int)ids[i];
            leaf[output] = leaf.GetValueOrDefault(output) + weights[i];
        }

        return (leaves, isSingle);
    }

    private static List<(long Id, (long[] NodeIds, Tree Tree) Shape)> Shapes(ForeignNode node)
    {
        var (trees, ids, features, modes) = (node.Ints("nodes_treeids"), node.Ints("nodes_nodeids"), node.Ints("nodes_featureids"), node.Strings("nodes_modes"));
        var (values, yes, no) = (node.Floats("nodes_values"), node.Ints("nodes_truenodeids"), node.Ints("nodes_falsenodeids"));
        var missing = node.Ints("nodes_missing_value_tracks_true");
        _ = node.Floats("nodes_hitrates");
        int[] lengths = [ids.Count, features.Count, modes.Count, values.Count, yes.Count, no.Count, missing.Count == 0 ? trees.Count : missing.Count];
        node.Require(lengths.All(length => length == trees.Count), "has nodes' attributes of different lengths");
        return [.. Enumerable.Range(0, trees.Count).GroupBy(i => trees[i]).Select(tree => (tree.Key, Shape([.. tree])))];

        (long[], Tree) Shape(int[] at)
        {
            var n = at.Length;
            var local = Enumerable.Range(0, n).ToDictionary(i => ids[at[i]]);
            var tree = new Tree(0, new int[n], new float[n], new bool[n], new int[n], new int[n], new float[n]) { Sets = new CategorySet[n] };
            for (var i = 0; i < n; i++)
            {
                var from = at[i];
                if (modes[from] == "LEAF")
                {
                    tree.Feature[i] = -1;
                    continue;
                }

                var (threshold, category, isSwapped) = Comparison(node, modes[from], values[from]);
                var tracksTrue = missing.Count > 0 && missing[from] != 0;
                node.Require(features[from] is >= 0 and < int.MaxValue, "asks for a feature that is not there");
                (tree.Feature[i], tree.Threshold[i], tree.MissingLeft[i]) = ((int)features[from], threshold, tracksTrue != isSwapped);
                tree.Sets[i] = category;
                (tree.Left[i], tree.Right[i]) = isSwapped ? (local[no[from]], local[yes[from]]) : (local[yes[from]], local[no[from]]);
            }

            var (gathered, kept) = SetChain.Gather(tree);
            return ([.. kept.Select(i => ids[at[i]])], gathered);
        }
    }

    // Every order comparison of float32 is "at most": x < t is x ≤ the float before t, and x > t is not x ≤ t. What is compared for equality is a category.
    private static (float Threshold, CategorySet Category, bool IsSwapped) Comparison(ForeignNode node, string mode, float value)
    {
        node.Require(!float.IsNaN(value), "compares with NaN");
        node.Require(mode is not ("BRANCH_EQ" or "BRANCH_NEQ") || CategorySet.Of(value) != CategorySet.Other,
            $"has nodes of mode {mode} with {value.ToString(CultureInfo.InvariantCulture)}, which is none of the categories 0 to {CategorySet.Most - 1}");
        return mode switch
        {
            "BRANCH_LEQ" => (value, default, false),
            "BRANCH_LT" => (MathF.BitDecrement(value), default, false),
            "BRANCH_GT" => (value, default, true),
            "BRANCH_GTE" => (MathF.BitDecrement(value), default, true),
            "BRANCH_EQ" => (0, default(CategorySet).With(CategorySet.Of(value)), false),
            "BRANCH_NEQ" => (0, default(CategorySet).With(CategorySet.Of(value)), true),
            _ => throw node.Bad($"has nodes of mode {mode}, not BRANCH_LEQ, BRANCH_LT, BRANCH_GT, BRANCH_GTE, BRANCH_EQ or BRANCH_NEQ"),
        };
    }
}
