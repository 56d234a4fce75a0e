namespace MlOps.Learning.Internal.Trees;

/// <summary>Finds the split of a leaf that lessens the loss most: over all features, bins and both ways for missing; of equals the first.</summary>
/// <param name="directions">Per feature of <paramref name="rows"/> 1 where predictions may only rise with it, −1 where they may only fall, else 0; null
/// where none must.</param>
internal sealed unsafe partial class SplitFinder(
    BinnedRows rows, Derivatives derivatives, BoostedTreesOptions options, sbyte[]? directions, Workers workers)
{
    // Below this many bins a second thread costs more than it saves.
    private const int BinsPerPiece = 16384;

    private readonly long _countMask = (1L << derivatives.CountBits) - 1;

    /// <summary>Per feature whether the tree may use it; null for all.</summary>
    public bool[]? Allowed { get; set; }

    /// <param name="histogram">Two words per bin.</param>
    public SplitCandidate Find(long* histogram, NodeSums total, StepRange range)
    {
        var features = rows.Features.Length;
        if (rows.Offsets[^1] < 2 * BinsPerPiece)
        {
            return Find(histogram, total, range, 0, features);
        }

        var size = Math.Max(1, (int)((long)features * BinsPerPiece / rows.Offsets[^1]));
        var found = new SplitCandidate[(features + size - 1) / size];
        workers.ForRanges(features, size, (from, to) => found[from / size] = Find(histogram, total, range, from, to));
        var best = found[0];
        foreach (var candidate in found)
        {
            best = candidate.Gain > best.Gain ? candidate : best;
        }

        return best;
    }

    private SplitCandidate Find(long* histogram, NodeSums total, StepRange range, int from, int to)
    {
        var best = new SplitCandidate(0, -1, -1, false, default, default);
        var unsplit = Unsplit(total, range);
        for (var feature = from; feature < to; feature++)
        {
            if (Allowed is { } allowed && !allowed[feature])
            {
                continue;
            }

            var bins = histogram + (2L * rows.Offsets[feature]);
            var binning = rows.Binnings[feature];
            if (binning.OfCategories)
            {
                best = FindSet(bins, total, range, feature, best);
                continue;
            }

            var missing = binning.HasMissing ? new NodeSums(bins[2 * binning.Present], bins[(2 * binning.Present) + 1]) : default;
            var someMissing = (missing.SecondAndCount & _countMask) != 0;
            var left = default(NodeSums);

            // The last bin alone splits nothing unless missing rows go right.
            var last = binning.Present - (someMissing ? 0 : 1);
            for (var bin = 0; bin < last; bin++)
            {
                var word = bins[(2 * bin) + 1];
                if (word == 0)
                {
                    continue;
                }

                left += new NodeSums(bins[2 * bin], word);
                Consider(left, false, ref best);
                if (someMissing)
                {
                    Consider(left + missing, true, ref best);
                }

                void Consider(NodeSums sums, bool missingLeft, ref SplitCandidate champion)
                {
                    var rest = total - sums;
                    if ((sums.SecondAndCount & _countMask) < options.MinRows || (rest.SecondAndCount & _countMask) < options.MinRows)
                    {
                        return;
                    }

                    var gain = directions is null ? Score(sums) + Score(rest) : Ordered(sums, rest, range, directions[feature]);

                    // What is left of two equal numbers after rounding is no gain.
                    gain = gain - unsplit > 1e-10 * gain ? gain - unsplit : 0;
                    if (gain > champion.Gain && Second(sums) >= options.MinHessian && Second(rest) >= options.MinHessian)
                    {
                        champion = new(gain, feature, bin, missingLeft, sums, default);
                    }
                }
            }
        }

        return best;
    }

    /// <summary>The score that a leaf of these rows gives before the learning rate: the Newton step, shrunk.</summary>
    public double Step(NodeSums sums, StepRange range)
    {
        var denominator = Second(sums) + options.L2;
        return denominator > 0 ? range.Clamp(-First(sums) / denominator) : 0;
    }

    // What splitting must outdo.
    private double Unsplit(NodeSums total, StepRange range) => directions is null ? Score(total) : Score(total, Step(total, range), 0);

    private double Score(NodeSums sums, double penalty = 0)
    {
        var first = First(sums);
        var denominator = Second(sums) + options.L2 + penalty;
        return denominator > 0 ? first * first / denominator : 0;
    }

    // What a step lessens the loss by; the Newton step by as much as the other overload says.
    private double Score(NodeSums sums, double step, double penalty)
    {
        var slope = (sums.First * derivatives.FirstUnit * step) + (options.L1 * Math.Abs(step));
        return -((2 * slope) + ((Second(sums) + options.L2 + penalty) * step * step));
    }

    private double Ordered(NodeSums left, NodeSums right, StepRange range, sbyte direction)
    {
        double leftStep = Step(left, range), rightStep = Step(right, range);
        return direction * (rightStep - leftStep) >= 0 ? Score(left, leftStep, 0) + Score(right, rightStep, 0) : 0;
    }

    // Drawn towards 0 by L1.
    private double First(NodeSums sums)
    {
        var first = sums.First * derivatives.FirstUnit;
        return options.L1 == 0 ? first : first > options.L1 ? first - options.L1 : first < -options.L1 ? first + options.L1 : 0;
    }

    private double Second(NodeSums sums) => (sums.SecondAndCount >> derivatives.CountBits) * derivatives.SecondUnit;
}
