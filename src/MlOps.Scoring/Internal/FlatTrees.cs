using System.Runtime.CompilerServices;

namespace MlOps.Scoring.Internal;

/// <summary>All trees of an ensemble in one array of nodes, over the features that they use only.</summary>
internal sealed class FlatTrees
{
    private readonly Node[] _nodes;
    private readonly (int Root, int Output)[] _trees;

    public FlatTrees(TreeEnsemble ensemble)
    {
        var used = new SortedSet<int>(ensemble.Trees.SelectMany(t => t.Feature).Where(f => f >= 0));
        Features = [.. used];
        var slots = new Dictionary<int, int>();
        foreach (var feature in Features)
        {
            slots.Add(feature, slots.Count);
        }

        var nodes = new List<Node>();
        _trees = [.. ensemble.Trees.Select(tree => (Flatten(tree, slots, nodes), tree.Output))];
        _nodes = [.. nodes];
    }

    /// <summary>The features that some tree asks for, ascending; a row for <see cref="AddTo"/> has their values in that order.</summary>
    public int[] Features { get; }

    /// <summary>Adds every tree's leaf to the raw scores of each row, tree after tree.</summary>
    /// <param name="rows">Row-major, one value per entry of <see cref="Features"/>.</param>
    /// <param name="scores">Row-major, <paramref name="outputs"/> per row.</param>
    /// <param name="outputs">Raw scores per row.</param>
    public void AddTo(ReadOnlySpan<float> rows, Span<double> scores, int outputs)
    {
        var width = Features.Length;
        foreach (var (root, output) in _trees)
        {
            for (int at = output, row = 0; at < scores.Length; at += outputs, row += width)
            {
                scores[at] += Leaf(root, rows.Slice(row, width));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float Leaf(int at, ReadOnlySpan<float> row)
    {
        var nodes = _nodes;
        while (true)
        {
            ref readonly var node = ref nodes[at];
            if (node.Slot < 0)
            {
                return node.Value;
            }

            // Comparisons with NaN are false: negated, the greater-than sends it left.
            var x = row[node.Slot];
            var left = node.MissingLeft ? !(x > node.Value) : x <= node.Value;
            at = left ? node.Left : node.Left + 1;
        }
    }

    // Breadth first, so that brothers are neighbours.
    private static int Flatten(Tree tree, Dictionary<int, int> slots, List<Node> nodes)
    {
        var root = nodes.Count;
        var queue = new List<int> { 0 };
        nodes.Add(default);
        for (var i = 0; i < queue.Count; i++)
        {
            var source = queue[i];
            if (tree.Feature[source] < 0)
            {
                nodes[root + i] = new(-1, tree.Value[source], 0, false);
                continue;
            }

            nodes[root + i] = new(slots[tree.Feature[source]], tree.Threshold[source], nodes.Count, tree.MissingLeft[source]);
            queue.Add(tree.Left[source]);
            queue.Add(tree.Right[source]);
            nodes.Add(default);
            nodes.Add(default);
        }

        return root;
    }

    /// <param name="Slot">Index into <see cref="Features"/>; −1 for a leaf.</param>
    /// <param name="Value">The threshold, or the leaf's score.</param>
    /// <param name="Left">The left child; the right one follows it.</param>
    /// <param name="MissingLeft">Whether NaN goes left.</param>
    private readonly record struct Node(int Slot, float Value, int Left, bool MissingLeft);
}
