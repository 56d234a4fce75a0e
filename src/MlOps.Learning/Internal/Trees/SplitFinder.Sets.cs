using MlOps.Scoring;

namespace MlOps.Learning.Internal.Trees;

/// <summary>Splits by sets of categories: of all sets a best one holds those of least, or of most, gradient over hessian (Fisher 1958,
/// <see href="https://doi.org/10.1080/01621459.1958.10501479"/>).</summary>
/// <remarks>Few rows have extreme quotients by chance, so they are drawn towards 0 and the gain is reckoned with a greater penalty, as LightGBM does. A set has at
/// most half the rows: where a category has none here, it goes with the most rows.</remarks>
internal sealed unsafe partial class SplitFinder
{
    private const double Smoothing = 10;
    private const double Penalty = 10;
    private const int LeastRows = 10;

    // So few that chance finds no set among them that is much better than it should be.
    private const int Few = 4;

    private SplitCandidate FindSet(long* bins, NodeSums total, StepRange range, int feature, SplitCandidate best)
    {
        Span<(double Quotient, int Bin)> all = stackalloc (double, int)[CategorySet.Most];
        var used = 0;
        for (var bin = 0; bin < rows.Binnings[feature].Present; bin++)
        {
            var sums = new NodeSums(bins[2 * bin], bins[(2 * bin) + 1]);
            if ((sums.SecondAndCount & _countMask) >= LeastRows)
            {
                all[used++] = (sums.First * derivatives.FirstUnit / (Second(sums) + Smoothing), bin);
            }
        }

        var sorted = all[..used];
        var penalty = used > Few ? Penalty : 0;
        sorted.Sort();
        best = Scan(sorted, penalty, bins, total, range, feature, best);
        sorted.Reverse();
        return Scan(sorted, penalty, bins, total, range, feature, best);
    }

    private SplitCandidate Scan(ReadOnlySpan<(double Quotient, int Bin)> sorted, double penalty, long* bins, NodeSums total, StepRange range, int feature, SplitCandidate best)
    {
        var (sums, set) = (default(NodeSums), default(CategorySet));
        var unsplit = Unsplit(total, range);
        for (var i = 0; i < sorted.Length - 1; i++)
        {
            var bin = sorted[i].Bin;
            (sums, set) = (sums + new NodeSums(bins[2 * bin], bins[(2 * bin) + 1]), set.With(bin));
            var rest = total - sums;
            var (count, others) = (sums.SecondAndCount & _countMask, rest.SecondAndCount & _countMask);
            if (count > others)
            {
                break;
            }

            var gain = directions is null ? Score(sums, penalty) + Score(rest, penalty)
                : Score(sums, Step(sums, range), penalty) + Score(rest, Step(rest, range), penalty);
            gain = gain - unsplit > 1e-10 * gain ? gain - unsplit : 0;
            if (gain > best.Gain && count >= options.MinRows && Second(sums) >= options.MinHessian && Second(rest) >= options.MinHessian)
            {
                best = new(gain, feature, 0, false, sums, set);
            }
        }

        return best;
    }
}
