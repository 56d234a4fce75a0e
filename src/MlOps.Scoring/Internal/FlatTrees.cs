using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MlOps.Scoring.Internal;

/// <summary>All trees of an ensemble in one array of nodes, walked by integer comparisons without branches.</summary>
/// <remarks>
/// A float becomes an integer of the same order. A row has a <see cref="Slot"/> per feature and way of its missing values, where NaN is the least
/// integer if it goes left there, else the greatest: each step is one comparison. Of sets, a slot has 31 categories, the row's as one bit: a node lets
/// through those in its part of the set, and nothing is greater than 0 but one of them; a set of several parts is a chain of nodes with copies of its left
/// child. Leaves lead to themselves, so that several rows walk side by side until the last has arrived.
/// </remarks>
internal sealed class FlatTrees
{
    private readonly Node[] _nodes;
    private readonly float[] _leaves;
    private readonly (int Root, int Output)[] _trees;

    public FlatTrees(TreeEnsemble ensemble)
    {
        Slots = [.. ensemble.Trees.SelectMany(tree => Enumerable.Range(0, tree.Feature.Length).Where(node => tree.Feature[node] >= 0)
            .SelectMany(node => Tests(tree, node).Select(test => test.Slot))).Distinct().Order()];
        var places = new Dictionary<Slot, int>();
        foreach (var slot in Slots)
        {
            places.Add(slot, places.Count);
        }

        var (nodes, leaves) = (new List<Node>(), new List<float>());
        _trees = [.. ensemble.Trees.Select(tree => (Flatten(tree, places, nodes, leaves), tree.Output))];
        (_nodes, _leaves) = ([.. nodes], [.. leaves]);
    }

    /// <summary>What a row for <see cref="AddTo"/> has keys of, features ascending.</summary>
    public Slot[] Slots { get; }

    /// <summary>Keys per row; at least 1, since leaves look at one as well.</summary>
    public int Width => Math.Max(Slots.Length, 1);

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
        return node.Left + ((Unsafe.Add(ref row, node.Slot) & node.Mask) > node.Key ? 1 : 0);
    }

    // Breadth first, so that brothers are neighbours. A node that stands twice has its children once.
    private static int Flatten(Tree tree, Dictionary<Slot, int> places, List<Node> nodes, List<float> leaves)
    {
        var root = nodes.Count;
        var children = new Dictionary<(int Source, int Test), int>();
        var queue = new List<(int Source, int Test)> { (0, 0) };
        nodes.Add(default);
        for (var i = 0; i < queue.Count; i++)
        {
            var (source, at) = queue[i];
            var leaf = tree.Feature[source] < 0;
            leaves.Add(leaf ? tree.Value[source] : 0);
            if (leaf)
            {
                nodes[root + i] = new(0, -1, int.MaxValue, root + i);
                continue;
            }

            var tests = Tests(tree, source);
            if (!children.TryGetValue(queue[i], out var left))
            {
                children.Add(queue[i], left = nodes.Count);
                queue.AddRange(!tree.HasSet(source) ? [(tree.Left[source], 0), (tree.Right[source], 0)]
                    : [at + 1 < tests.Count ? (source, at + 1) : (tree.Right[source], 0), (tree.Left[source], 0)]);
                nodes.Add(default);
                nodes.Add(default);
            }

            nodes[root + i] = new(places[tests[at].Slot], tests[at].Mask, tests[at].Key, left);
        }

        return root;
    }

    // What a node asks, one after the other until one says yes.
    private static List<(Slot Slot, int Mask, int Key)> Tests(Tree tree, int node)
    {
        var (feature, missingLeft) = (tree.Feature[node], tree.MissingLeft[node]);
        if (!tree.HasSet(node))
        {
            // Nothing is below or at NaN, but what is missing.
            return [(new(feature, missingLeft, Slot.OfOrder), -1, Slot.KeyOf(tree.Threshold[node], missingLeft: true))];
        }

        var tests = new List<(Slot, int, int)>();
        for (var first = 0; first < CategorySet.Most; first += Slot.Categories)
        {
            var mask = 0;
            for (var category = first; category < Math.Min(first + Slot.Categories, CategorySet.Most); category++)
            {
                mask |= tree.Sets[node].Contains(category) ? 1 << (category - first) : 0;
            }

            if (mask != 0)
            {
                tests.Add((new(feature, missingLeft, first), mask, 0));
            }
        }

        return tests;
    }

    /// <summary>A place in a row.</summary>
    /// <param name="MissingLeft">Where NaN goes.</param>
    /// <param name="First">The first of the categories that it tells apart; <see cref="OfOrder"/> where it tells greater from less.</param>
    internal readonly record struct Slot(int Feature, bool MissingLeft, int First) : IComparable<Slot>
    {
        public const int OfOrder = -1;
        public const int Categories = 31;

        public int CompareTo(Slot other) => (Feature, MissingLeft, First).CompareTo((other.Feature, other.MissingLeft, other.First));

        /// <summary>The integer that stands for a value here.</summary>
        public int Key(float value)
        {
            if (First == OfOrder)
            {
                return KeyOf(value, MissingLeft);
            }

            if (float.IsNaN(value))
            {
                return MissingLeft ? int.MaxValue : 0;
            }

            var category = CategorySet.Of(value);
            return category != CategorySet.Other && (uint)(category - First) < Categories ? 1 << (category - First) : 0;
        }

        public static int KeyOf(float value, bool missingLeft)
        {
            if (float.IsNaN(value))
            {
                return missingLeft ? int.MinValue : int.MaxValue;
            }

            var bits = BitConverter.SingleToInt32Bits(value + 0f); // −0 becomes 0
            return bits >= 0 ? bits : bits ^ int.MaxValue;
        }
    }

    /// <param name="Slot">Where in the row its key stands; any for a leaf.</param>
    /// <param name="Mask">The key's bits that count.</param>
    /// <param name="Key">The threshold's key: what is greater goes to the second child. No key is greater than a leaf's.</param>
    /// <param name="Left">The first child, which the second one follows; itself for a leaf.</param>
    private readonly record struct Node(int Slot, int Mask, int Key, int Left);
}
