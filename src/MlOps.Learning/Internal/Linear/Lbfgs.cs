namespace MlOps.Learning.Internal.Linear;

/// <summary>What is added to a function: of its first numbers the sizes, each times a factor above 0; no factors for nothing.</summary>
internal readonly record struct SizePenalty(double[] Factors)
{
    public bool Covers(int number) => number < Factors.Length;

    public double Of(double[] point)
    {
        double sum = 0;
        for (var j = 0; j < Factors.Length; j++)
        {
            sum += Factors[j] * Math.Abs(point[j]);
        }

        return sum;
    }

    /// <summary>Of all slopes at a point the gentlest: at 0, where the sum has a kink, there is a choice.</summary>
    public double[] Slopes(double[] point, double[] gradient)
    {
        if (Factors.Length == 0)
        {
            return gradient;
        }

        var slopes = (double[])gradient.Clone();
        for (var j = 0; j < Factors.Length; j++)
        {
            var (g, factor) = (gradient[j], Factors[j]);
            slopes[j] = point[j] > 0 || (point[j] == 0 && g < -factor) ? g + factor : point[j] < 0 || g > factor ? g - factor : 0;
        }

        return slopes;
    }
}

/// <summary>The point that was reached.</summary>
/// <param name="Steepest">The largest slope there, where the steps ran out; null where it is within the tolerance, or rounding allows no better.</param>
internal readonly record struct Minimum(double[] Point, double? Steepest);

/// <summary>Minimises a smooth convex function by limited-memory BFGS (Nocedal and Wright, algorithm 7.5) with steps that never raise it; with a penalty on sizes
/// by its variant OWL-QN (Andrew and Gao 2007, <see href="https://doi.org/10.1145/1273496.1273501"/>), whose steps end at 0 rather than cross it.</summary>
internal static class Lbfgs
{
    private const int Memory = 10;
    private const int MostHalvings = 40;
    private const double SufficientDecrease = 1e-4;

    /// <param name="evaluate">The value at a point; sets the gradient.</param>
    public static Minimum Minimise(Func<double[], double[], double> evaluate, double[] start, SizePenalty penalty, LinearOptions options, Action<int, int> progress)
    {
        var point = start;
        var gradient = new double[point.Length];
        var value = evaluate(point, gradient) + penalty.Of(point);
        var slopes = penalty.Slopes(point, gradient);
        var pairs = new List<(double[] Step, double[] Change, double Product)>();
        var stuck = false;
        for (var iteration = 0; !stuck && iteration < options.MaxIterations && Largest(slopes) > options.Tolerance; iteration++)
        {
            progress(iteration, options.MaxIterations);
            var direction = Downhill(slopes, pairs, penalty);
            if (!(Dot(direction, slopes) < 0))
            {
                // Rounding spoilt the memory: start afresh downhill.
                pairs.Clear();
                direction = Downhill(slopes, pairs, penalty);
            }

            var slope = Dot(direction, slopes);
            var first = pairs.Count == 0 ? Math.Min(1, 1 / Math.Sqrt(-slope)) : 1;
            if (Search(evaluate, point, value, direction, slopes, slope, penalty, first) is not { } next)
            {
                stuck = pairs.Count == 0;
                pairs.Clear();
                continue;
            }

            Remember(pairs, point, gradient, next);
            (point, gradient, value) = next;
            slopes = penalty.Slopes(point, gradient);
        }

        progress(options.MaxIterations, options.MaxIterations);
        return new(point, Largest(slopes) is var steepest && steepest > options.Tolerance && !stuck ? steepest : null);
    }

    // Where sizes are penalised, no number goes against its own slope.
    private static double[] Downhill(double[] slopes, List<(double[] Step, double[] Change, double Product)> pairs, SizePenalty penalty)
    {
        var direction = Direction(slopes, pairs);
        for (var j = 0; penalty.Covers(j); j++)
        {
            direction[j] = direction[j] * slopes[j] < 0 ? direction[j] : 0;
        }

        return direction;
    }

    /// <summary>The first of ever shorter steps that lowers the value enough; null if none does, which is to say that rounding is reached.</summary>
    private static (double[] Point, double[] Gradient, double Value)? Search(Func<double[], double[], double> evaluate,
        double[] point, double value, double[] direction, double[] slopes, double slope, SizePenalty penalty, double step)
    {
        var next = new double[point.Length];
        var gradient = new double[point.Length];
        for (var halving = 0; halving < MostHalvings; halving++)
        {
            double expected = 0;
            for (var j = 0; j < next.Length; j++)
            {
                next[j] = point[j] + (step * direction[j]);
                if (penalty.Covers(j) && next[j] * (point[j] != 0 ? point[j] : -slopes[j]) <= 0)
                {
                    next[j] = 0;
                }

                expected += slopes[j] * (next[j] - point[j]);
            }

            var reached = evaluate(next, gradient) + penalty.Of(next);
            if (reached <= value + (SufficientDecrease * (penalty.Covers(0) ? expected : step * slope)))
            {
                return (next, gradient, reached);
            }

            // The lowest point of the parabola through both values, kept between a tenth and a half.
            var parabola = -slope * step / (2 * (((reached - value) / step) - slope));
            step = parabola >= 0.1 * step && parabola <= 0.5 * step ? parabola : parabola < 0.1 * step ? 0.1 * step : 0.5 * step;
        }

        return null;
    }

    private static void Remember(
        List<(double[] Step, double[] Change, double Product)> pairs, double[] point, double[] gradient, (double[] Point, double[] Gradient, double Value) next)
    {
        var step = new double[point.Length];
        var change = new double[point.Length];
        for (var j = 0; j < step.Length; j++)
        {
            step[j] = next.Point[j] - point[j];
            change[j] = next.Gradient[j] - gradient[j];
        }

        var product = Dot(step, change);
        if (product > 1e-12 * Dot(change, change))
        {
            pairs.Add((step, change, product));
            if (pairs.Count > Memory)
            {
                pairs.RemoveAt(0);
            }
        }
    }

    private static double[] Direction(double[] gradient, List<(double[] Step, double[] Change, double Product)> pairs)
    {
        double[] direction = [.. gradient.Select(g => -g)];
        var factors = new double[pairs.Count];
        for (var i = pairs.Count - 1; i >= 0; i--)
        {
            factors[i] = Dot(pairs[i].Step, direction) / pairs[i].Product;
            Add(direction, -factors[i], pairs[i].Change);
        }

        if (pairs.Count > 0)
        {
            var (_, change, product) = pairs[^1];
            var scale = product / Dot(change, change);
            for (var j = 0; j < direction.Length; j++)
            {
                direction[j] *= scale;
            }
        }

        for (var i = 0; i < pairs.Count; i++)
        {
            Add(direction, factors[i] - (Dot(pairs[i].Change, direction) / pairs[i].Product), pairs[i].Step);
        }

        return direction;
    }

    private static void Add(double[] to, double factor, double[] vector)
    {
        for (var j = 0; j < to.Length; j++)
        {
            to[j] += factor * vector[j];
        }
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (var j = 0; j < a.Length; j++)
        {
            sum += a[j] * b[j];
        }

        return sum;
    }

    private static double Largest(double[] vector)
    {
        double most = 0;
        foreach (var value in vector)
        {
            most = Math.Max(most, Math.Abs(value));
        }

        return most;
    }
}
