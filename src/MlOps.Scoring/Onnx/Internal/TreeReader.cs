namespace MlOps.Scoring.Onnx.Internal;

/// <summary>The trees in the attributes of a TreeEnsembleRegressor.</summary>
internal static class TreeReader
{
    /// <param name="attribute">Those that there must be.</param>
    /// <param name="covers"><c>nodes_hitrates</c>, where there is one.</param>
    /// <exception cref="InvalidDataException">The attributes do not fit each other.</exception>
    public static List<Tree> Read(Func<string, OnnxAttribute> attribute, IReadOnlyList<float>? covers)
    {
        var treeIds = attribute("nodes_treeids").Ints;
        var features = attribute("nodes_featureids").Ints;
        var modes = attribute("nodes_modes").Strings;
        var thresholds = attribute("nodes_values").Floats;
        var missing = attribute("nodes_missing_value_tracks_true").Ints;
        var left = attribute("nodes_truenodeids").Ints;
        var right = attribute("nodes_falsenodeids").Ints;
        var targets = attribute("target_ids").Ints;
        var weights = attribute("target_weights").Floats;
        int[] lengths = [features.Count, modes.Count, thresholds.Count, missing.Count, left.Count, right.Count, covers?.Count ?? treeIds.Count];
        if (lengths.Any(n => n != treeIds.Count) || targets.Count != weights.Count || targets.Count != modes.Count(m => m == "LEAF"))
        {
            throw new InvalidDataException("the trees' attributes have different lengths");
        }

        var trees = new List<Tree>();
        for (int start = 0, leaf = 0; start < treeIds.Count;)
        {
            var end = start + 1;
            while (end < treeIds.Count && treeIds[end] == treeIds[start])
            {
                end++;
            }

            var n = end - start;
            var output = leaf < targets.Count ? (int)targets[leaf] : -1;
            var tree = new Tree(output, new int[n], new float[n], new bool[n], new int[n], new int[n], new float[n])
            {
                Cover = covers is null ? [] : [.. covers.Skip(start).Take(n)],
                Sets = new CategorySet[n],
            };
            for (var i = 0; i < n; i++)
            {
                var at = start + i;
                if (modes[at] == "LEAF")
                {
                    (tree.Feature[i], tree.Value[i]) = (-1, weights[leaf++]);
                    continue;
                }

                (tree.Feature[i], tree.Threshold[i], tree.MissingLeft[i]) = ((int)features[at], thresholds[at], missing[at] != 0);
                (tree.Left[i], tree.Right[i]) = ((int)left[at], (int)right[at]);
                tree.Sets[i] = modes[at] == "BRANCH_EQ" ? default(CategorySet).With(CategorySet.Of(thresholds[at])) : default;
            }

            trees.Add(SetChain.Gather(tree).Tree);
            start = end;
        }

        return trees;
    }
}
