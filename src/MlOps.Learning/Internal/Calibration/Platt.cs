using MlOps.Scoring;

namespace MlOps.Learning.Internal.Calibration;

/// <summary>Logistic regression of the label on the score alone, with Platt's targets: Newton's method with backtracking.</summary>
/// <remarks><see href="https://www.csie.ntu.edu.tw/~cjlin/papers/plattprob.pdf">Lin, Lin and Weng 2007</see>.</remarks>
internal static class Platt
{
    private const int MostSteps = 50;
    private const double LeastDerivative = 1e-10;

    public static PlattCalibration Fit(double[] scores, bool[] positive)
    {
        var (slope, intercept) = Solve(scores, positive);
        return new((float)slope, (float)intercept);
    }

    public static (double Slope, double Intercept) Solve(double[] scores, bool[] positive)
    {
        double up = positive.Count(p => p), down = positive.Length - up;
        var (hit, miss) = ((up + 1) / (up + 2), 1 / (down + 2));
        var (slope, intercept) = (0.0, DeterministicMath.Log((up + 1) / (down + 1)));
        var loss = Loss(slope, intercept);
        for (var step = 0; step < MostSteps; step++)
        {
            // A little on the diagonal keeps the matrix invertible.
            double gs = 0, gi = 0, hss = 1e-12, hsi = 0, hii = 1e-12;
            for (var row = 0; row < scores.Length; row++)
            {
                var p = DeterministicMath.Sigmoid((slope * scores[row]) + intercept);
                var (error, weight) = (p - (positive[row] ? hit : miss), p * (1 - p));
                gs += error * scores[row];
                gi += error;
                hss += weight * scores[row] * scores[row];
                hsi += weight * scores[row];
                hii += weight;
            }

            if (Math.Abs(gs) < LeastDerivative * scores.Length && Math.Abs(gi) < LeastDerivative * scores.Length)
            {
                break;
            }

            var determinant = (hss * hii) - (hsi * hsi);
            var (ds, di) = (-((hii * gs) - (hsi * gi)) / determinant, -((hss * gi) - (hsi * gs)) / determinant);
            if (!TryStep(ds, di, (gs * ds) + (gi * di)))
            {
                break;
            }
        }

        return (slope, intercept);

        bool TryStep(double ds, double di, double descent)
        {
            for (var size = 1.0; size >= 1e-10; size /= 2)
            {
                var next = Loss(slope + (size * ds), intercept + (size * di));
                // Near the least the loss no longer shows what the derivatives still do.
                if (next < loss + (1e-4 * size * descent) + (1e-13 * loss))
                {
                    (slope, intercept, loss) = (slope + (size * ds), intercept + (size * di), next);
                    return true;
                }
            }

            return false;
        }

        double Loss(double a, double b)
        {
            double sum = 0;
            for (var row = 0; row < scores.Length; row++)
            {
                var z = (a * scores[row]) + b;
                // log(1 + e^z) − target · z, whichever sign z has.
                sum += Math.Max(z, 0) + DeterministicMath.Log1p(DeterministicMath.Exp(-Math.Abs(z))) - ((positive[row] ? hit : miss) * z);
            }

            return sum;
        }
    }
}
