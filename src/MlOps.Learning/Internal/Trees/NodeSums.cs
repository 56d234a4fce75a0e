using MlOps.Scoring;

namespace MlOps.Learning.Internal.Trees;

/// <summary>Exact sums over some rows, in the form of <see cref="Derivatives"/>.</summary>
internal readonly record struct NodeSums(long First, long SecondAndCount)
{
    public static NodeSums operator +(NodeSums a, NodeSums b) => new(a.First + b.First, a.SecondAndCount + b.SecondAndCount);

    public static NodeSums operator -(NodeSums a, NodeSums b) => new(a.First - b.First, a.SecondAndCount - b.SecondAndCount);

    public int Count(Derivatives of) => (int)(SecondAndCount & ((1L << of.CountBits) - 1));
}

/// <summary>Between what a node's Newton steps must lie, so that its tree rises or falls with a feature.</summary>
internal readonly record struct StepRange(double Least, double Most)
{
    public static readonly StepRange All = new(double.NegativeInfinity, double.PositiveInfinity);

    public double Clamp(double step) => step < Least ? Least : step > Most ? Most : step;
}

/// <summary>The best way found to part a leaf's rows.</summary>
/// <param name="Gain">How much it lessens the loss, up to a factor; 0 or less where there is none.</param>
/// <param name="Feature">The place among the binned features.</param>
/// <param name="Bin">The last bin that goes left.</param>
/// <param name="Left">The sums of the rows that go left.</param>
/// <param name="Set">The bins that go left where they are categories; else empty.</param>
internal readonly record struct SplitCandidate(double Gain, int Feature, int Bin, bool MissingLeft, NodeSums Left, CategorySet Set);
