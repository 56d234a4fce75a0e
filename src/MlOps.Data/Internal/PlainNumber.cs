using System.Globalization;
using System.Runtime.CompilerServices;

namespace MlOps.Data.Internal;

/// <summary>What the text of a number says about the column it stands in.</summary>
[Flags]
internal enum NumberShape
{
    /// <summary>Not a number.</summary>
    None = 0,

    /// <summary>Whole, within ±2^53: a double holds it exactly.</summary>
    Integer = 1,

    /// <summary>With a point or an exponent: rounded to the nearest double.</summary>
    Decimal = 2,

    /// <summary>Whole, but beyond ±2^53: more likely a name than a quantity.</summary>
    Big = 4,

    /// <summary>Its nearest double is infinite, or zero though it is not.</summary>
    OutOfRange = 8,
}

/// <summary>Reads <c>-?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][+-]?[0-9]+)?</c> (also <c>.5</c>) to the nearest double.</summary>
/// <remarks>Up to 19 digits whose value is at most 2^53, divided or multiplied by at most 10^22, round once and so exactly
/// (W. D. Clinger, How to Read Floating Point Numbers Accurately, 1990); everything else goes to <see cref="double.Parse(string)"/>.</remarks>
internal static unsafe class PlainNumber
{
    private const ulong Exact = 1UL << 53;
    private const int ExactPower = 22;

    private static readonly double[] Powers =
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>Reads the number that starts at <paramref name="p"/>; the bytes must end in one that no number has.</summary>
    /// <returns>The first byte after it; <paramref name="p"/> itself, with <see cref="NumberShape.None"/>, where there is none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* Scan(byte* p, out double value, out NumberShape shape)
    {
        var start = p;
        var negative = *p == '-';
        p += negative ? 1 : 0;
        var digits = p;
        ulong mantissa = 0;
        uint digit;
        while ((digit = (uint)(*p - '0')) <= 9)
        {
            mantissa = (mantissa * 10) + digit;
            p++;
        }

        var whole = p - digits;
        long fraction = 0;
        shape = NumberShape.Integer;
        if (*p == '.')
        {
            var point = p++;
            while ((digit = (uint)(*p - '0')) <= 9)
            {
                mantissa = (mantissa * 10) + digit;
                p++;
            }

            fraction = p - point - 1;
            shape = NumberShape.Decimal;
        }

        if (whole + fraction is > 19 or 0 || mantissa > Exact || (whole > 1 && *digits == '0') || (*p | 0x20) == 'e')
        {
            return ScanRare(start, digits, p, (int)whole, (int)fraction, mantissa, out value, out shape);
        }

        var magnitude = fraction == 0 ? mantissa : mantissa / Unsafe.Add(ref Unsafe.AsRef(in Powers[0]), (nint)fraction);
        value = negative ? -magnitude : magnitude;
        return p;
    }

    /// <summary>Reads a whole text as a number of a declared column, where leading zeros and a plus sign are no sign of a name.</summary>
    internal static NumberShape ParseDeclared(ReadOnlySpan<byte> text, out double value)
    {
        var negative = text.StartsWith("-"u8);
        var rest = negative || text.StartsWith("+"u8) ? text[1..] : text;
        while (rest.Length > 1 && rest[0] == '0' && rest[1] is >= (byte)'0' and <= (byte)'9')
        {
            rest = rest[1..];
        }

        var bytes = new byte[rest.Length + 2];
        bytes[0] = (byte)'-';
        rest.CopyTo(bytes.AsSpan(1));
        fixed (byte* p = bytes)
        {
            var end = Scan(p, out value, out var shape);
            value = negative ? value : -value;
            return end == p + rest.Length + 1 ? shape : NumberShape.None;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte* ScanRare(
        byte* start, byte* digits, byte* p, int whole, int fraction, ulong mantissa, out double value, out NumberShape shape)
    {
        (value, shape) = (0, NumberShape.None);
        if (whole + fraction == 0 || (whole > 1 && *digits == '0'))
        {
            return start;
        }

        var exponent = 0L;
        var hasExponent = (*p | 0x20) == 'e';
        if (hasExponent)
        {
            p++;
            var down = *p == '-';
            p += *p is (byte)'-' or (byte)'+' ? 1 : 0;
            var first = p;
            while ((uint)(*p - '0') <= 9)
            {
                exponent = Math.Min((exponent * 10) + (uint)(*p++ - '0'), 1_000_000_000);
            }

            if (p == first)
            {
                return start;
            }

            exponent = down ? -exponent : exponent;
        }

        var power = exponent - fraction;
        if (whole + fraction <= 19 && mantissa <= Exact && power is >= -ExactPower and <= ExactPower)
        {
            value = power < 0 ? mantissa / Powers[-power] : mantissa * Powers[power];
            value = *start == '-' ? -value : value;
        }
        else
        {
            value = double.Parse(new ReadOnlySpan<byte>(start, (int)(p - start)), NumberStyles.Float, CultureInfo.InvariantCulture);
        }

        var text = new ReadOnlySpan<byte>(digits, (int)(p - digits));
        shape = hasExponent || text.Contains((byte)'.') ? NumberShape.Decimal
            : whole <= 16 && mantissa <= Exact ? NumberShape.Integer : NumberShape.Big;
        if (double.IsInfinity(value) || (value == 0 && HasDigitAboveZero(text)))
        {
            shape |= NumberShape.OutOfRange;
        }

        return p;
    }

    private static bool HasDigitAboveZero(ReadOnlySpan<byte> text)
    {
        var exponent = text.IndexOfAny("eE"u8);
        return (exponent < 0 ? text : text[..exponent]).IndexOfAnyInRange((byte)'1', (byte)'9') >= 0;
    }
}
