using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MlOps.Scoring.Internal;

/// <summary>All trees of an ensemble in one array of nodes, walked by integer comparisons without branches.</summary>
/// <remarks>
/// A float becomes a <see cref="Key"/>, an integer of the same order. A row has a slot per feature and way of its missing values, where NaN
/// is the least integer if it goes left there, else the greatest: each step is one comparison. Leaves lead to themselves, so that several
/// rows walk side by side until the last has arrived.
/// </remarks>
internal sealed class FlatTrees
{
    private readonly Node[] _nodes;
    private readonly float[] _leaves;
    private readonly (int Root, int Output)[] _trees;

    public FlatTrees(TreeEnsemble ensemble)
    {
        var used = new SortedSet<(int Feature, bool MissingLeft)>();
        foreach (var tree in ensemble.Trees)
        {
            for (var i = 0; i < tree.Feature.Length; i++)
            {
                if (tree.Feature[i] >= 0)
                {
                    used.Add((tree.Feature[i], tree.MissingLeft[i]));
                }
            }
        }

        Slots = [.. used];
        var places = new Dictionary<(int, bool), int>();
        foreach (var slot in Slots)
        {
            places.Add(slot, places.Count);
        }

        var (nodes, leaves) = (new List<Node>(), new List<float>());
        _trees = [.. ensemble.Trees.Select(tree => (Flatten(tree, places, nodes, leaves), tree.Output))];
        (_nodes, _leaves) = ([.. nodes], [.. leaves]);
    }

    /// <summary>What a row for <see cref="AddTo"/> has keys of: features, ascending, and whether their NaN goes left.</summary>
    public (int Feature, bool MissingLeft)[] Slots { get; }

    /// <summary>Keys per row; at least 1, since leaves look at one as well.</summary>
    public int Width => Math.Max(Slots.Length, 1);

    /// <summary>The integer that stands for a value in a slot.</summary>
    public static int Key(float value, bool missingLeft)
    {
        if (float.IsNaN(value))
        {
            return missingLeft ? int.MinValue : int.MaxValue;
        }

        var bits = BitConverter.SingleToInt32Bits(value + 0f); // −0 becomes 0
        return bits >= 0 ? bits : bits ^ int.MaxValue;
    }

    /// <summary>Adds every tree's leaf to the raw scores of each row, tree after tree.</summary>
    /// <param name="rows">Row-major, <see cref="Width"/> keys per row.</param>
    /// <param name="scores">Row-major, <paramref name="outputs"/> per row.</param>
    /// <param name="outputs">Raw scores per row.</param>
    public void AddTo(ReadOnlySpan<int> rows, Span<double> scores, int outputs)
    {
        var (width, count) = (Width, scores.Length / outputs);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows.Length, count * width, nameof(rows));
        ref var nodes = ref MemoryMarshal.GetArrayDataReference(_nodes);
        foreach (var (root, output) in _trees)
        {
            var r = 0;
            ref var row = ref MemoryMarshal.GetReference(rows);
            for (; r <= count - 4; r += 4)
            {
                var (a, b, c, d) = (root, root, root, root);
                bool moved;
                do
                {
                    var (nextA, nextB) = (Next(ref nodes, a, ref row), Next(ref nodes, b, ref Unsafe.Add(ref row, width)));
                    var (nextC, nextD) = (Next(ref nodes, c, ref Unsafe.Add(ref row, 2 * width)), Next(ref nodes, d, ref Unsafe.Add(ref row, 3 * width)));
                    moved = ((nextA ^ a) | (nextB ^ b) | (nextC ^ c) | (nextD ^ d)) != 0;
                    (a, b, c, d) = (nextA, nextB, nextC, nextD);
                }
                while (moved);
                var at = (r * outputs) + output;
                scores[at] += _leaves[a];
                scores[at + outputs] += _leaves[b];
                scores[at + (2 * outputs)] += _leaves[c];
                scores[at + (3 * outputs)] += _leaves[d];
                row = ref Unsafe.Add(ref row, 4 * width);
            }

        }

        for (var r = count & ~3; r < count; r++)
        {
            AddRow(ref Unsafe.Add(ref MemoryMarshal.GetReference(rows), r * width), scores.Slice(r * outputs, outputs));
        }
    }

    // Alone, a row walks eight trees side by side; their leaves add up in the trees' order all the same.
    private void AddRow(ref int row, Span<double> scores)
    {
        ref var nodes = ref MemoryMarshal.GetArrayDataReference(_nodes);
        var t = 0;
        for (; t <= _trees.Length - 8; t += 8)
        {
            var (a, b, c, d) = (_trees[t].Root, _trees[t + 1].Root, _trees[t + 2].Root, _trees[t + 3].Root);
            var (e, f, g, h) = (_trees[t + 4].Root, _trees[t + 5].Root, _trees[t + 6].Root, _trees[t + 7].Root);
            bool moved;
            do
            {
                var (nextA, nextB, nextC, nextD) = (Next(ref nodes, a, ref row), Next(ref nodes, b, ref row), Next(ref nodes, c, ref row), Next(ref nodes, d, ref row));
                var (nextE, nextF, nextG, nextH) = (Next(ref nodes, e, ref row), Next(ref nodes, f, ref row), Next(ref nodes, g, ref row), Next(ref nodes, h, ref row));
                moved = ((nextA ^ a) | (nextB ^ b) | (nextC ^ c) | (nextD ^ d) | (nextE ^ e) | (nextF ^ f) | (nextG ^ g) | (nextH ^ h)) != 0;
                (a, b, c, d, e, f, g, h) = (nextA, nextB, nextC, nextD, nextE, nextF, nextG, nextH);
            }
            while (moved);
            ReadOnlySpan<int> leaves = [a, b, c, d, e, f, g, h];
            for (var i = 0; i < leaves.Length; i++)
            {
                scores[_trees[t + i].Output] += _leaves[leaves[i]];
            }
        }

        for (; t < _trees.Length; t++)
        {
            var (at, next) = (-1, _trees[t].Root);
            while (next != at)
            {
                (at, next) = (next, Next(ref nodes, next, ref row));
            }

            scores[_trees[t].Output] += _leaves[at];
        }
    }

    // Unchecked: slots and children come from Flatten, which makes none out of range.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Next(ref Node nodes, int at, ref int row)
    {
        ref var node = ref Unsafe.Add(ref nodes, at);
        return node.Left + (Unsafe.Add(ref row, node.Slot) > node.Key ? 1 : 0);
    }

    // Breadth first, so that brothers are neighbours.
    private static int Flatten(Tree tree, Dictionary<(int, bool), int> places, List<Node> nodes, List<float> leaves)
    {
        var root = nodes.Count;
        var queue = new List<int> { 0 };
        nodes.Add(default);
        for (var i = 0; i < queue.Count; i++)
        {
            var source = queue[i];
            var leaf = tree.Feature[source] < 0;
            leaves.Add(leaf ? tree.Value[source] : 0);
            if (leaf)
            {
                nodes[root + i] = new(0, int.MaxValue, root + i);
                continue;
            }

            // Nothing is below or at NaN, but what is missing.
            var threshold = Key(tree.Threshold[source], missingLeft: true);
            nodes[root + i] = new(places[(tree.Feature[source], tree.MissingLeft[source])], threshold, nodes.Count);
            queue.Add(tree.Left[source]);
            queue.Add(tree.Right[source]);
            nodes.Add(default);
            nodes.Add(default);
        }

        return root;
    }

    /// <param name="Slot">Where in the row its key stands; any for a leaf.</param>
    /// <param name="Key">The threshold's key: what is greater goes right. No key is greater than a leaf's.</param>
    /// <param name="Left">The left child, which the right one follows; itself for a leaf.</param>
    private readonly record struct Node(int Slot, int Key, int Left);
}
