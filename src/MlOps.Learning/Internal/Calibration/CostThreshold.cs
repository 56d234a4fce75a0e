namespace MlOps.Learning.Internal.Calibration;

/// <summary>The probability from which on calling rows positive costs least.</summary>
internal static class CostThreshold
{
    /// <summary>Halfway between two neighbouring probabilities, 0 for all, above the greatest for none; of equally cheap ones the nearest to
    /// falsePositive / (falsePositive + falseNegative), which is right for true probabilities.</summary>
    public static float Least(float[] probabilities, bool[] positive, ErrorCosts costs)
    {
        int[] order = [.. Enumerable.Range(0, probabilities.Length).OrderBy(row => probabilities[row])];
        var ideal = costs.FalsePositive / (costs.FalsePositive + costs.FalseNegative);
        long falsePositive = positive.Count(p => !p), falseNegative = 0;
        var (best, least) = (0f, Cost());
        for (var i = 0; i < order.Length;)
        {
            var probability = probabilities[order[i]];
            for (; i < order.Length && probabilities[order[i]] == probability; i++)
            {
                _ = positive[order[i]] ? falseNegative++ : falsePositive--;
            }

            // Half a step must not round down to the lower neighbour, which would call it positive.
            var next = i < order.Length ? probabilities[order[i]] : float.BitIncrement(Math.Max(probability, 1));
            var threshold = Math.Max((float)(((double)probability + next) / 2), float.BitIncrement(probability));
            var cost = Cost();
            if (cost < least || (cost == least && Math.Abs(threshold - ideal) < Math.Abs(best - ideal)))
            {
                (best, least) = (threshold, cost);
            }
        }

        return best;

        double Cost() => (falsePositive * costs.FalsePositive) + (falseNegative * costs.FalseNegative);
    }
}
