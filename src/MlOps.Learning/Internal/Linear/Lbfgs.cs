namespace MlOps.Learning.Internal.Linear;

/// <summary>Minimises a smooth convex function by limited-memory BFGS (Nocedal and Wright, algorithm 7.5) with steps that never raise it.</summary>
internal static class Lbfgs
{
    private const int Memory = 10;
    private const int MostHalvings = 40;
    private const double SufficientDecrease = 1e-4;

    /// <param name="evaluate">The value at a point; sets the gradient.</param>
    public static double[] Minimise(Func<double[], double[], double> evaluate, double[] start, LinearOptions options, Action<int, int> progress)
    {
        var point = start;
        var gradient = new double[point.Length];
        var value = evaluate(point, gradient);
        var pairs = new List<(double[] Step, double[] Change, double Product)>();
        for (var iteration = 0; iteration < options.MaxIterations && Largest(gradient) > options.Tolerance; iteration++)
        {
            progress(iteration, options.MaxIterations);
            var direction = Direction(gradient, pairs);
            var slope = Dot(direction, gradient);
            if (!(slope < 0))
            {
                // Rounding spoilt the memory: start afresh downhill.
                pairs.Clear();
                direction = Direction(gradient, pairs);
                slope = Dot(direction, gradient);
            }

            var first = pairs.Count == 0 ? Math.Min(1, 1 / Math.Sqrt(-slope)) : 1;
            if (Search(evaluate, point, value, direction, slope, first) is not { } next)
            {
                break;
            }

            Remember(pairs, point, gradient, next);
            (point, gradient, value) = next;
        }

        progress(options.MaxIterations, options.MaxIterations);
        return point;
    }

    /// <summary>The first of ever shorter steps that lowers the value enough; null if none does, which is to say that rounding is reached.</summary>
    private static (double[] Point, double[] Gradient, double Value)? Search(
        Func<double[], double[], double> evaluate, double[] point, double value, double[] direction, double slope, double step)
    {
        var next = new double[point.Length];
        var gradient = new double[point.Length];
        for (var halving = 0; halving < MostHalvings; halving++)
        {
            for (var j = 0; j < next.Length; j++)
            {
                next[j] = point[j] + (step * direction[j]);
            }

            var reached = evaluate(next, gradient);
            if (reached <= value + (SufficientDecrease * step * slope))
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
