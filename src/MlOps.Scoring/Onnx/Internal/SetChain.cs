namespace MlOps.Scoring.Onnx.Internal;

/// <summary>Sets of categories as ONNX has them: nodes that compare with one category each, of which the first that says yes leads to the one left child, and
/// the last that says no to the right one.</summary>
/// <remarks>Converters of LightGBM write the same, and ONNX Runtime reads the nodes of one left child as a set.</remarks>
internal static class SetChain
{
    /// <summary>The tree with a node per category; the further ones stand behind all others, in the order of the nodes and categories. Their cover is 0:
    /// nobody counted.</summary>
    public static Tree Spread(Tree tree)
    {
        if (tree.Sets.Length == 0)
        {
            return tree;
        }

        var (feature, value, missing) = (tree.Feature.ToList(), tree.Threshold.ToList(), tree.MissingLeft.ToList());
        var (left, right, sets) = (tree.Left.ToList(), tree.Right.ToList(), tree.Sets.ToList());
        for (var node = 0; node < tree.Feature.Length; node++)
        {
            var categories = tree.HasSet(node) ? Enumerable.Range(0, CategorySet.Most).Where(tree.Sets[node].Contains).ToArray() : [];
            var last = node;
            foreach (var category in categories)
            {
                if (category != categories[0])
                {
                    right[last] = last = feature.Count;
                    feature.Add(tree.Feature[node]);
                    value.Add(0);
                    missing.Add(tree.MissingLeft[node]);
                    left.Add(tree.Left[node]);
                    right.Add(tree.Right[node]);
                    sets.Add(default);
                }

                (value[last], sets[last]) = (category, default(CategorySet).With(category));
            }
        }

        var further = new float[feature.Count - tree.Feature.Length];
        return new(tree.Output, [.. feature], [.. value], [.. missing], [.. left], [.. right], [.. tree.Value, .. further])
        {
            Cover = tree.Cover.Length == 0 ? [] : [.. tree.Cover, .. further],
            Sets = [.. sets],
        };
    }

    /// <summary>The tree with every chain as one node, and which of its nodes remain. Children may be any numbers; those that are none of the nodes remain so.</summary>
    public static (Tree Tree, int[] Kept) Gather(Tree tree)
    {
        if (!tree.Sets.Any(set => !set.IsEmpty))
        {
            return (tree with { Sets = [] }, [.. Enumerable.Range(0, tree.Feature.Length)]);
        }

        var (sets, right, missing) = ((CategorySet[])tree.Sets.Clone(), (int[])tree.Right.Clone(), (bool[])tree.MissingLeft.Clone());
        var gone = new bool[tree.Feature.Length];
        for (var node = 0; node < gone.Length; node++)
        {
            // Each step takes a node away, so that even a ring of nodes ends.
            while (!gone[node] && tree.HasSet(node) && IsFurther(node, right[node]))
            {
                var next = right[node];
                (gone[next], sets[node], right[node], missing[node]) = (true, sets[node].Union(sets[next]), right[next], missing[node] || missing[next]);
            }
        }

        int[] kept = [.. Enumerable.Range(0, gone.Length).Where(node => !gone[node])];
        var places = new int[gone.Length];
        Array.Fill(places, -1);
        for (var i = 0; i < kept.Length; i++)
        {
            places[kept[i]] = i;
        }

        int Place(int child) => (uint)child < places.Length ? places[child] : -1;
        return (new(tree.Output, At(tree.Feature), [.. kept.Select(node => tree.HasSet(node) ? 0 : tree.Threshold[node])], At(missing),
            [.. kept.Select(node => Place(tree.Left[node]))], [.. kept.Select(node => Place(right[node]))], At(tree.Value))
        {
            Cover = tree.Cover.Length == 0 ? [] : At(tree.Cover),
            Sets = At(sets),
        }, kept);

        bool IsFurther(int node, int next) => next != node && (uint)next < gone.Length && !gone[next] && tree.HasSet(next) && tree.Feature[next] == tree.Feature[node]
            && tree.Left[next] == tree.Left[node];

        T[] At<T>(T[] of) => [.. kept.Select(node => of[node])];
    }
}
