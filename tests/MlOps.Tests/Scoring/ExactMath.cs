using System.Numerics;

namespace MlOps.Tests.Scoring;

/// <summary>Exponentials and logarithms in fixed point with 200 fractional bits: the truth that <c>DeterministicMath</c> is measured against.</summary>
internal static class ExactMath
{
    private const int Bits = 200;
    private static readonly BigInteger One = BigInteger.One << Bits;
    private static readonly BigInteger Ln2 = LogOfRatio(One, 3 * One);

    /// <summary>How far a double is from e^x, in units of its last place.</summary>
    public static double ExpError(double x, double measured)
    {
        var exact = Fixed(x);
        var k = (int)BigInteger.Divide(exact, Ln2);
        var (sum, term) = (One, One);
        for (var n = 1; !term.IsZero; n++)
        {
            term = ((term * (exact - (k * Ln2))) >> Bits) / n;
            sum += term;
        }

        return Error(k >= 0 ? sum << k : sum >> -k, measured);
    }

    /// <summary>How far a double is from ln x, in units of its last place.</summary>
    public static double LogError(double x, double measured) => Error(Log(Fixed(x)), measured);

    /// <summary>How far a double is from ln(1 + x), in units of its last place.</summary>
    public static double Log1pError(double x, double measured) => Error(Log(One + Fixed(x)), measured);

    /// <summary>How far a double is from 1 / (1 + e^−x), in units of its last place.</summary>
    public static double SigmoidError(double x, double measured)
    {
        var exact = Fixed(Math.Abs(x));
        var (sum, term) = (One, One);
        for (var n = 1; !term.IsZero; n++)
        {
            term = ((term * exact) >> Bits) / n;
            sum += term;
        }

        return Error((x >= 0 ? sum << Bits : One << Bits) / (One + sum), measured);
    }

    private static BigInteger Log(BigInteger value)
    {
        var exponent = (int)(value.GetBitLength() - 1) - Bits;
        var mantissa = exponent >= 0 ? value >> exponent : value << -exponent;
        return (exponent * Ln2) + LogOfRatio(mantissa - One, mantissa + One);
    }

    // 2 artanh(a / b) = ln((b + a) / (b − a))
    private static BigInteger LogOfRatio(BigInteger a, BigInteger b)
    {
        var s = (a << Bits) / b;
        var (sum, power) = (BigInteger.Zero, s);
        for (var n = 1; !power.IsZero; n += 2)
        {
            sum += power / n;
            power = (((power * s) >> Bits) * s) >> Bits;
        }

        return 2 * sum;
    }

    private static BigInteger Fixed(double x)
    {
        var bits = BitConverter.DoubleToInt64Bits(Math.Abs(x));
        var exponent = (int)(bits >> 52);
        var mantissa = (bits & 0xF_FFFF_FFFF_FFFF) | (exponent == 0 ? 0 : 1L << 52);
        var shift = Math.Max(exponent, 1) - 1075 + Bits;
        var value = shift >= 0 ? (BigInteger)mantissa << shift : (BigInteger)mantissa >> -shift;
        return x < 0 ? -value : value;
    }

    private static double Error(BigInteger exact, double measured) =>
        (double)BigInteger.Abs(exact - Fixed(measured)) / (double)Fixed(Math.BitIncrement(Math.Abs(measured)) - Math.Abs(measured));
}
