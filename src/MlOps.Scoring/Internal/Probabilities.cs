namespace MlOps.Scoring.Internal;

/// <summary>A binary model's raw scores to probabilities of the positive class.</summary>
internal static class Probabilities
{
    /// <summary>In place.</summary>
    public static void Of(Calibration? calibration, Span<double> scores)
    {
        if (calibration is IsotonicCalibration isotonic)
        {
            foreach (ref var score in scores)
            {
                score = At(isotonic, score);
            }

            return;
        }

        if (calibration is PlattCalibration platt)
        {
            foreach (ref var score in scores)
            {
                score = (platt.Slope * score) + platt.Intercept;
            }
        }

        DeterministicMath.Sigmoid(scores, scores);
    }

    private static double At(IsotonicCalibration isotonic, double score)
    {
        double probability = isotonic.Base;
        for (var k = 0; k < isotonic.Starts.Length; k++)
        {
            // Clamp leaves NaN as it is.
            probability += Math.Clamp((score - isotonic.Starts[k]) / isotonic.Widths[k], 0, 1) * isotonic.Heights[k];
        }

        return Math.Clamp(probability, 0, 1);
    }
}
