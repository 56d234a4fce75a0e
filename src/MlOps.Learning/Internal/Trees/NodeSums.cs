namespace MlOps.Learning.Internal.Trees;

/// <summary>Exact sums over some rows, in the form of <see cref="Derivatives"/>.</summary>
internal readonly record struct NodeSums(long First, long SecondAndCount)
{
    public static NodeSums operator +(NodeSums a, NodeSums b) => new(a.First + b.First, a.SecondAndCount + b.SecondAndCount);

    public static NodeSums operator -(NodeSums a, NodeSums b) => new(a.First - b.First, a.SecondAndCount - b.SecondAndCount);

    public int Count(Derivatives of) => (int)(SecondAndCount & ((1L << of.CountBits) - 1));
}

/// <summary>The best way found to part a leaf's rows.</summary>
/// <param name="Gain">How much it lessens the loss, up to a factor; 0 or less where there is none.</param>
/// <param name="Feature">The place among the binned features.</param>
/// <param name="Bin">The last bin that goes left.</param>
/// <param name="Left">The sums of the rows that go left.</param>
internal readonly record struct SplitCandidate(double Gain, int Feature, int Bin, bool MissingLeft, NodeSums Left);
