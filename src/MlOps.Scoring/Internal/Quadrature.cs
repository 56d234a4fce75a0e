using System.Collections.Concurrent;

namespace MlOps.Scoring.Internal;

/// <summary>Gauss–Legendre quadrature over 0 to 1: n points are exact for polynomials of degree up to 2n − 1.</summary>
/// <remarks>The roots of Legendre's polynomials by Newton's method, from arithmetic alone: the same bits on every machine.</remarks>
internal sealed record Quadrature(double[] Points, double[] Weights)
{
    private const int MostSteps = 100;
    private static readonly ConcurrentDictionary<int, Quadrature> Known = new();

    public static Quadrature Of(int n) => Known.GetOrAdd(n, Make);

    private static Quadrature Make(int n)
    {
        var (points, weights) = (new double[n], new double[n]);
        for (var i = 0; i < n; i++)
        {
            var x = Cos(Math.PI * (i + 0.75) / (n + 0.5));
            var (value, slope) = Legendre(n, x);
            for (var step = 0; step < MostSteps && Math.Abs(value / slope) > 1e-15; step++)
            {
                x -= value / slope;
                (value, slope) = Legendre(n, x);
            }

            (points[i], weights[i]) = ((1 + x) / 2, 1 / ((1 - (x * x)) * slope * slope));
        }

        return new(points, weights);
    }

    private static (double Value, double Slope) Legendre(int n, double x)
    {
        var (before, value) = (1.0, x);
        for (var k = 1; k < n; k++)
        {
            (before, value) = (value, ((((2 * k) + 1) * x * value) - (k * before)) / (k + 1));
        }

        return (value, n * ((x * value) - before) / ((x * x) - 1));
    }

    // Near enough to start from: the sine's series around half a turn's middle.
    private static double Cos(double angle)
    {
        var y = (Math.PI / 2) - angle;
        var (term, sum) = (y, y);
        for (var k = 3; k < 30; k += 2)
        {
            term *= -(y * y) / (k * (k - 1));
            sum += term;
        }

        return sum;
    }
}
