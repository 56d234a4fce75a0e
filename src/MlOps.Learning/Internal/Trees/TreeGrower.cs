using MlOps.Scoring;

namespace MlOps.Learning.Internal.Trees;

/// <summary>Grows one tree at a time, always splitting the leaf that gains most (of equals the oldest).</summary>
/// <param name="directions">As <see cref="SplitFinder"/> takes them.</param>
internal sealed unsafe class TreeGrower(BinnedRows rows, Derivatives derivatives, BoostedTreesOptions options, sbyte[]? directions, Workers workers)
    : IDisposable
{
    private readonly Histograms _histograms = new(rows, derivatives, workers);
    private readonly SplitFinder _finder = new(rows, derivatives, options, directions, workers);
    private readonly LeafRows _leafRows = new(rows, workers);
    private readonly List<Leaf> _leaves = [];

    /// <summary>A leaf while the tree grows: a range of rows that it is learnt from, and a range of others that fall into it.</summary>
    private sealed class Leaf
    {
        public required int Node { get; init; }

        public required int Depth { get; init; }

        public required int Start { get; init; }

        public required int Count { get; init; }

        public required int OthersStart { get; init; }

        public required int OthersCount { get; init; }

        public NodeSums Sums { get; set; }

        public StepRange Range { get; init; } = StepRange.All;

        /// <summary>Null where the leaf will not be split.</summary>
        public long* Histogram { get; set; }

        public SplitCandidate Best { get; set; }

        public float Score { get; set; }
    }

    /// <summary>The tree for the derivatives as they are now; null if no split lessens the loss and the root's score is 0.</summary>
    /// <param name="learnt">The rows to learn from; null for all.</param>
    /// <param name="allowed">The features to split by; null for all.</param>
    public Tree? Grow(int output, Loss loss, bool[]? learnt, bool[]? allowed)
    {
        var tree = new TreeBuilder(output);
        _finder.Allowed = allowed;
        _leaves.Clear();
        _leaves.Add(Root(tree, _leafRows.Reset(learnt)));
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

        workers.For(_leaves.Count, i =>
        {
            var leaf = _leaves[i];
            leaf.Score = (float)(options.LearningRate * loss.Step(_finder.Step(leaf.Sums, leaf.Range), new(_leafRows.Order + leaf.Start, leaf.Count)));
        });
        foreach (var leaf in _leaves)
        {
            tree.SetLeaf(leaf.Node, leaf.Score, leaf.Count);
            Release(leaf);
        }

        return tree.Build();
    }

    /// <summary>Adds the last tree's scores to the rows' raw scores.</summary>
    public void AddScores(double[] raw) => workers.For(_leaves.Count, i =>
    {
        var leaf = _leaves[i];
        Add(leaf.Start, leaf.Count);
        Add(leaf.OthersStart, leaf.OthersCount);

        void Add(int start, int count)
        {
            double score = leaf.Score;
            foreach (var row in new ReadOnlySpan<int>(_leafRows.Order + start, count))
            {
                raw[row] += score;
            }
        }
    });

    public void Dispose()
    {
        _histograms.Dispose();
        _leafRows.Dispose();
    }

    private Leaf Root(TreeBuilder tree, int count)
    {
        var root = new Leaf { Node = tree.Add(), Depth = 0, Start = 0, Count = count, OthersStart = count, OthersCount = rows.Rows - count };
        if (rows.Features.Length > 0)
        {
            root.Histogram = _histograms.Build(_leafRows.Order, root.Count);
            root.Sums = _histograms.Total(root.Histogram);
            Consider(root);
            return root;
        }

        for (long i = 0; i < count; i++)
        {
            long row = _leafRows.Order[i];
            root.Sums += new NodeSums(derivatives.Words[2 * row], derivatives.Words[(2 * row) + 1]);
        }

        return root;
    }

    private bool CanSplit(Leaf leaf) => leaf.Count >= 2 * (long)options.MinRows && (options.MaxDepth == 0 || leaf.Depth < options.MaxDepth);

    private void SplitLeaf(int chosen, TreeBuilder tree)
    {
        var parent = _leaves[chosen];
        var split = parent.Best;
        var leftCount = split.Left.Count(derivatives);
        var missingLeft = MissingLeft(parent, split, leftCount);
        var goesLeft = GoesLeft(split, missingLeft);
        _leafRows.Part(parent.Start, parent.Count, split.Feature, goesLeft);
        var othersLeft = _leafRows.Part(parent.OthersStart, parent.OthersCount, split.Feature, goesLeft);

        var (feature, thresholds) = (rows.Features[split.Feature], rows.Binnings[split.Feature].Thresholds);
        var (leftNode, rightNode) = split.Set.IsEmpty
            ? tree.Split(parent.Node, feature, split.Bin < thresholds.Length ? thresholds[split.Bin] : float.PositiveInfinity, missingLeft)
            : tree.Split(parent.Node, feature, split.Set);
        var rightSums = parent.Sums - split.Left;
        var (leftRange, rightRange) = Ranges(parent.Range, split, rightSums);
        var left = new Leaf
        {
            Node = leftNode,
            Depth = parent.Depth + 1,
            Start = parent.Start,
            Count = leftCount,
            OthersStart = parent.OthersStart,
            OthersCount = othersLeft,
            Sums = split.Left,
            Range = leftRange,
        };
        var right = new Leaf
        {
            Node = rightNode,
            Depth = left.Depth,
            Start = parent.Start + leftCount,
            Count = parent.Count - leftCount,
            OthersStart = parent.OthersStart + othersLeft,
            OthersCount = parent.OthersCount - othersLeft,
            Sums = rightSums,
            Range = rightRange,
        };
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

    // Where training says nothing of missing, it goes with the most rows.
    private bool MissingLeft(Leaf parent, SplitCandidate split, int leftCount)
    {
        var binning = rows.Binnings[split.Feature];
        var noneMissing = !binning.HasMissing || IsEmpty(parent.Histogram, rows.Offsets[split.Feature] + binning.Present);
        return noneMissing ? 2 * leftCount >= parent.Count : split.MissingLeft;
    }

    // Per bin 1 or 0.
    private byte[] GoesLeft(SplitCandidate split, bool missingLeft)
    {
        var (binning, goesLeft) = (rows.Binnings[split.Feature], new byte[256]);
        for (var bin = 0; bin < binning.Present; bin++)
        {
            goesLeft[bin] = (split.Set.IsEmpty ? bin <= split.Bin : split.Set.Contains(bin)) ? (byte)1 : (byte)0;
        }

        if (binning.HasMissing)
        {
            goesLeft[binning.Present] = missingLeft ? (byte)1 : (byte)0;
        }

        return goesLeft;
    }

    // Below a split by an ordered feature nothing on one side may cross the middle between both (Chen and Guestrin's XGBoost does the same).
    private (StepRange Left, StepRange Right) Ranges(StepRange range, SplitCandidate split, NodeSums right)
    {
        var direction = directions?[split.Feature] ?? 0;
        if (direction == 0)
        {
            return (range, range);
        }

        var middle = (_finder.Step(split.Left, range) + _finder.Step(right, range)) / 2;
        var (below, above) = (range with { Most = middle }, range with { Least = middle });
        return direction > 0 ? (below, above) : (above, below);
    }

    private static bool IsEmpty(long* histogram, int bin) => histogram[(2 * bin) + 1] == 0;

    private void Consider(Leaf leaf)
    {
        if (CanSplit(leaf))
        {
            leaf.Best = _finder.Find(leaf.Histogram, leaf.Sums, leaf.Range);
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
