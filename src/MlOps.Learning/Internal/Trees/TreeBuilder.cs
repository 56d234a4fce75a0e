using MlOps.Scoring;

namespace MlOps.Learning.Internal.Trees;

/// <summary>Collects a tree's nodes, root first, children in the order of the splits.</summary>
internal sealed class TreeBuilder(int output)
{
    private readonly List<int> _feature = [];
    private readonly List<float> _threshold = [];
    private readonly List<bool> _missingLeft = [];
    private readonly List<int> _left = [];
    private readonly List<int> _right = [];
    private readonly List<float> _value = [];
    private readonly List<int> _rows = [];
    private readonly List<CategorySet> _sets = [];

    /// <summary>A new leaf.</summary>
    public int Add()
    {
        _feature.Add(-1);
        _threshold.Add(0);
        _missingLeft.Add(false);
        _left.Add(-1);
        _right.Add(-1);
        _value.Add(0);
        _rows.Add(0);
        _sets.Add(default);
        return _feature.Count - 1;
    }

    public (int Left, int Right) Split(int node, int feature, CategorySet set)
    {
        _sets[node] = set;
        return Split(node, feature, 0, false);
    }

    public (int Left, int Right) Split(int node, int feature, float threshold, bool missingLeft)
    {
        (_feature[node], _threshold[node], _missingLeft[node]) = (feature, threshold, missingLeft);
        return (_left[node], _right[node]) = (Add(), Add());
    }

    /// <param name="rows">The training rows in it.</param>
    public void SetLeaf(int node, float value, int rows) => (_value[node], _rows[node]) = (value, rows);

    /// <summary>The tree; null for a single leaf of 0, which says nothing.</summary>
    public Tree? Build() => _feature.Count == 1 && _value[0] == 0
        ? null
        : new(output, [.. _feature], [.. _threshold], [.. _missingLeft], [.. _left], [.. _right], [.. _value])
        {
            Cover = Cover(),
            Sets = _sets.TrueForAll(set => set.IsEmpty) ? [] : [.. _sets],
        };

    // Children stand behind their parent.
    private float[] Cover()
    {
        var rows = _rows.ToArray();
        for (var node = rows.Length - 1; node >= 0; node--)
        {
            rows[node] = _feature[node] < 0 ? rows[node] : rows[_left[node]] + rows[_right[node]];
        }

        return Array.ConvertAll(rows, count => (float)count);
    }
}
