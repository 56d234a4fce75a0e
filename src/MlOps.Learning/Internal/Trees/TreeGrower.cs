using MlOps.Scoring;

namespace MlOps.Learning.Internal.Trees;

/// <summary>Grows one tree at a time, always splitting the leaf that gains most (of equals the oldest).</summary>
internal sealed unsafe class TreeGrower(BinnedRows rows, Derivatives derivatives, BoostedTreesOptions options, Workers workers) : IDisposable
{
    private readonly Histograms _histograms = new(rows, derivatives, workers);
    private readonly SplitFinder _finder = new(rows, derivatives, options, workers);
    private readonly LeafRows _leafRows = new(rows, workers);
    private readonly List<Leaf> _leaves = [];

    /// <summary>A leaf while the tree grows.</summary>
    private sealed class Leaf
    {
        public required int Node { get; init; }

        public required int Start { get; init; }

        public required int Count { get; init; }

        public required NodeSums Sums { get; init; }

        /// <summary>Null where the leaf will not be split.</summary>
        public long* Histogram { get; set; }

        public SplitCandidate Best { get; set; }
    }

    /// <summary>The tree for the derivatives as they are now; null if no split lessens the loss and the root's score is 0.</summary>
    public Tree? Grow(int output)
    {
        var tree = new TreeBuilder(output);
        _leafRows.Reset();
        _leaves.Clear();
        _leaves.Add(Root(tree));
        while (_leaves.Count < options.Leaves)
        {
            workers.Cancellation.ThrowIfCancellationRequested();
            var chosen = 0;
            for (var i = 1; i < _leaves.Count; i++)
            {
                var (gain, most) = (_leaves[i].Best.Gain, _leaves[chosen].Best.Gain);
                chosen = gain > most || (gain == most && _leaves[i].Node < _leaves[chosen].Node) ? i : chosen;
            }

            if (!(_leaves[chosen].Best.Gain > 0))
            {
                break;
            }

            SplitLeaf(chosen, tree);
        }

        foreach (var leaf in _leaves)
        {
            tree.SetLeaf(leaf.Node, _finder.Leaf(leaf.Sums), leaf.Count);
            Release(leaf);
        }

        return tree.Build();
    }

    /// <summary>Adds the last tree's scores to the rows' raw scores.</summary>
    public void AddScores(double[] raw) => workers.For(_leaves.Count, i =>
    {
        double score = _finder.Leaf(_leaves[i].Sums);
        var order = _leafRows.Order;
        for (var j = _leaves[i].Start; j < _leaves[i].Start + _leaves[i].Count; j++)
        {
            raw[order[j]] += score;
        }
    });

    public void Dispose()
    {
        _histograms.Dispose();
        _leafRows.Dispose();
    }

    private Leaf Root(TreeBuilder tree)
    {
        var sums = default(NodeSums);
        for (long row = 0; row < rows.Rows; row++)
        {
            sums += new NodeSums(derivatives.Words[2 * row], derivatives.Words[(2 * row) + 1]);
        }

        var root = new Leaf { Node = tree.Add(), Start = 0, Count = rows.Rows, Sums = sums };
        if (CanSplit(root))
        {
            root.Histogram = _histograms.Build(_leafRows.Order, root.Count);
            root.Best = _finder.Find(root.Histogram, root.Sums);
        }

        return root;
    }

    private bool CanSplit(Leaf leaf) => rows.Features.Length > 0 && leaf.Count >= 2 * (long)options.MinRows;

    private void SplitLeaf(int chosen, TreeBuilder tree)
    {
        var parent = _leaves[chosen];
        var split = parent.Best;
        var binning = rows.Binnings[split.Feature];
        var leftCount = split.Left.Count(derivatives);
        var noneMissing = !binning.HasMissing || IsEmpty(parent.Histogram, rows.Offsets[split.Feature] + binning.Present);

        // Where training says nothing of missing, it goes with the most rows.
        var missingLeft = noneMissing ? 2 * leftCount >= parent.Count : split.MissingLeft;
        var goesLeft = new byte[256];
        Array.Fill(goesLeft, (byte)1, 0, split.Bin + 1);
        if (binning.HasMissing && missingLeft)
        {
            goesLeft[binning.Present] = 1;
        }

        _leafRows.Part(parent.Start, parent.Count, split.Feature, goesLeft);

        var threshold = split.Bin < binning.Thresholds.Length ? binning.Thresholds[split.Bin] : float.PositiveInfinity;
        var (leftNode, rightNode) = tree.Split(parent.Node, rows.Features[split.Feature], threshold, missingLeft);
        var left = new Leaf { Node = leftNode, Start = parent.Start, Count = leftCount, Sums = split.Left };
        var right = new Leaf { Node = rightNode, Start = parent.Start + leftCount, Count = parent.Count - leftCount, Sums = parent.Sums - split.Left };
        _leaves[chosen] = left;
        _leaves.Add(right);
        if (_leaves.Count < options.Leaves && (CanSplit(left) || CanSplit(right)))
        {
            var (small, large) = left.Count <= right.Count ? (left, right) : (right, left);
            small.Histogram = _histograms.Build(_leafRows.Order + small.Start, small.Count);
            _histograms.Subtract(parent.Histogram, small.Histogram);
            large.Histogram = parent.Histogram;
            Consider(small);
            Consider(large);
        }
        else
        {
            _histograms.Return(parent.Histogram);
        }

        parent.Histogram = null;
    }

    private static bool IsEmpty(long* histogram, int bin) => histogram[(2 * bin) + 1] == 0;

    private void Consider(Leaf leaf)
    {
        if (CanSplit(leaf))
        {
            leaf.Best = _finder.Find(leaf.Histogram, leaf.Sums);
        }

        if (!(leaf.Best.Gain > 0))
        {
            Release(leaf);
        }
    }

    private void Release(Leaf leaf)
    {
        if (leaf.Histogram != null)
        {
            _histograms.Return(leaf.Histogram);
            leaf.Histogram = null;
        }
    }
}
