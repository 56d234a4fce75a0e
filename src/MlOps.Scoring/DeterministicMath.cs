using System.Runtime.Intrinsics;

namespace MlOps.Scoring;

/// <summary>Exponential, logarithm, sigmoid and the circle that give the same bits on every machine.</summary>
/// <remarks>
/// Built from IEEE 754 additions, multiplications and divisions and from bit operations only, in one fixed order and never contracted
/// to fused multiply-add; what the C library or the CPU offers instead differs between machines. Within 1 ulp of the true value
/// (<see cref="Log1p"/> 1.25, <see cref="Sigmoid(double)"/> 2). The overloads for spans give the bits of the scalar ones.
/// </remarks>
public static partial class DeterministicMath
{
    private const double Log2E = 1.4426950408889634;

    // ln 2 in two parts: the high one has 33 bits, so that its product with an exponent is exact.
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;

    // Adding it rounds to an integer and leaves that integer in the low bits.
    private const double Rounder = 6755399441055744.0;

    // Within it e^x and its power of two are normal numbers.
    private const double ExpNormal = 708;

    /// <summary>e to the power x: 0 for −∞ and below −745.14, +∞ above 709.79, NaN for NaN.</summary>
    public static double Exp(double x)
    {
        if (!(Math.Abs(x) <= ExpNormal))
        {
            return ExpOfExtreme(x);
        }

        var shifted = (x * Log2E) + Rounder;
        return ExpOfReduced(x, shifted - Rounder) * PowerOfTwo(BitConverter.DoubleToInt64Bits(shifted));
    }

    /// <summary>e to the power of each x; <paramref name="destination"/> may be the source itself.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public static void Exp(ReadOnlySpan<double> x, Span<double> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, x.Length, nameof(destination));
        var i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= x.Length - Vector256<double>.Count; i += Vector256<double>.Count)
            {
                var four = Vector256.Create(x.Slice(i, Vector256<double>.Count));
                if (!Vector256.LessThanOrEqualAll(Vector256.Abs(four), Vector256.Create(ExpNormal)))
                {
                    for (var j = i; j < i + Vector256<double>.Count; j++)
                    {
                        destination[j] = Exp(x[j]);
                    }

                    continue;
                }

                ExpOfNormal(four).CopyTo(destination[i..]);
            }
        }

        for (; i < x.Length; i++)
        {
            destination[i] = Exp(x[i]);
        }
    }

    /// <summary>The natural logarithm: −∞ for 0, NaN for negative numbers and NaN, +∞ for +∞.</summary>
    public static double Log(double x)
    {
        if (!(x > 0) || double.IsPositiveInfinity(x))
        {
            return x == 0 ? double.NegativeInfinity : x > 0 ? x : double.NaN;
        }

        var exponent = 0;
        if (!double.IsNormal(x))
        {
            x *= 18014398509481984.0; // 2^54
            exponent = -54;
        }

        // x = 2^exponent · m with m from √½ up to √2, found by aligning the mantissa with √½.
        const long sqrtHalf = 0x3FE6_A09E_667F_3BCD;
        var offset = BitConverter.DoubleToInt64Bits(x) - sqrtHalf;
        exponent += (int)(offset >> 52);
        var m = BitConverter.Int64BitsToDouble((offset & 0x000F_FFFF_FFFF_FFFF) + sqrtHalf);
        return LogOfReduced(m - 1, exponent);
    }

    /// <summary>The natural logarithm of 1 + x, exact also for x near 0: −∞ for −1, NaN below.</summary>
    public static double Log1p(double x)
    {
        if (x is > -0.29 and < 0.41)
        {
            return x == 0 ? x : LogOfReduced(x, 0);
        }

        var sum = 1 + x;
        if (!(sum > 0) || double.IsInfinity(sum))
        {
            return Log(sum);
        }

        // What the sum lost, relative to it.
        var lost = x >= 1 ? 1 - (sum - x) : x - (sum - 1);
        return Log(sum) + (lost / sum);
    }

    /// <summary>1 / (1 + e^−x): from 0 to 1, ½ at 0, NaN for NaN.</summary>
    public static double Sigmoid(double x)
    {
        var e = Exp(-Math.Abs(x));
        return (x >= 0 ? 1 : e) / (1 + e);
    }

    /// <summary>The sigmoid of each x; <paramref name="destination"/> may be the source itself.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public static void Sigmoid(ReadOnlySpan<double> x, Span<double> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, x.Length, nameof(destination));
        var i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= x.Length - Vector256<double>.Count; i += Vector256<double>.Count)
            {
                var four = Vector256.Create(x.Slice(i, Vector256<double>.Count));
                if (!Vector256.LessThanOrEqualAll(Vector256.Abs(four), Vector256.Create(ExpNormal)))
                {
                    for (var j = i; j < i + Vector256<double>.Count; j++)
                    {
                        destination[j] = Sigmoid(x[j]);
                    }

                    continue;
                }

                var e = ExpOfNormal(-Vector256.Abs(four));
                var one = Vector256<double>.One;
                var numerator = Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(four, Vector256<double>.Zero), one, e);
                (numerator / (one + e)).CopyTo(destination[i..]);
            }
        }

        for (; i < x.Length; i++)
        {
            destination[i] = Sigmoid(x[i]);
        }
    }

    private static double ExpOfExtreme(double x)
    {
        if (double.IsNaN(x) || x > 709.8)
        {
            return x + double.PositiveInfinity;
        }

        if (x < -745.2)
        {
            return 0;
        }

        // Two factors, each a normal number: the last multiplication alone rounds or overflows.
        var k = ((x * Log2E) + Rounder) - Rounder;
        var half = (long)k >> 1;
        return ExpOfReduced(x, k) * PowerOfTwo(half) * PowerOfTwo((long)k - half);
    }

    // 2^k of the lowest 12 bits of k, whatever stands above them.
    private static double PowerOfTwo(long k) => BitConverter.Int64BitsToDouble((k + 1023) << 52);

    // e^(x − k ln 2) by its Taylor series to the 13th power (remainder below 2^-57) in Estrin's order.
    private static double ExpOfReduced(double x, double k)
    {
        var high = x - (k * Ln2High);
        var low = k * Ln2Low;
        var r = high - low;
        var r2 = r * r;
        var r4 = r2 * r2;
        var a = ((1 / 2.0) + (1 / 6.0 * r)) + (((1 / 24.0) + (1 / 120.0 * r)) * r2);
        var b = ((1 / 720.0) + (1 / 5040.0 * r)) + (((1 / 40320.0) + (1 / 362880.0 * r)) * r2);
        var c = ((1 / 3628800.0) + (1 / 39916800.0 * r)) + (((1 / 479001600.0) + (1 / 6227020800.0 * r)) * r2);
        var tail = r2 * (a + (r4 * (b + (r4 * c))));
        return 1 + (high + (tail - low));
    }

    private static Vector256<double> ExpOfNormal(Vector256<double> x)
    {
        var rounder = Vector256.Create(Rounder);
        var shifted = (x * Log2E) + rounder;
        var k = shifted - rounder;
        var high = x - (k * Ln2High);
        var low = k * Ln2Low;
        var r = high - low;
        var r2 = r * r;
        var r4 = r2 * r2;
        var a = (V(1 / 2.0) + (V(1 / 6.0) * r)) + ((V(1 / 24.0) + (V(1 / 120.0) * r)) * r2);
        var b = (V(1 / 720.0) + (V(1 / 5040.0) * r)) + ((V(1 / 40320.0) + (V(1 / 362880.0) * r)) * r2);
        var c = (V(1 / 3628800.0) + (V(1 / 39916800.0) * r)) + ((V(1 / 479001600.0) + (V(1 / 6227020800.0) * r)) * r2);
        var tail = r2 * (a + (r4 * (b + (r4 * c))));
        var mantissa = Vector256<double>.One + (high + (tail - low));
        return mantissa * Vector256.ShiftLeft(shifted.AsInt64() + Vector256.Create(1023L), 52).AsDouble();

        static Vector256<double> V(double value) => Vector256.Create(value);
    }

    // exponent · ln 2 + ln(1 + f) for 1 + f from √½ to √2, by the series of 2 artanh(s), s = f / (2 + f), kept as a correction to f.
    private static double LogOfReduced(double f, int exponent)
    {
        var s = f / (2 + f);
        var z = s * s;
        var w = z * z;
        var even = w * ((2 / 5.0) + (w * ((2 / 9.0) + (w * ((2 / 13.0) + (w * ((2 / 17.0) + (w * (2 / 21.0)))))))));
        var odd = z * ((2 / 3.0) + (w * ((2 / 7.0) + (w * ((2 / 11.0) + (w * ((2 / 15.0) + (w * ((2 / 19.0) + (w * (2 / 23.0)))))))))));
        var half = 0.5 * f * f;
        var low = exponent * Ln2Low;
        return (exponent * Ln2High) - ((half - ((s * (half + (even + odd))) + low)) - f);
    }
}
