using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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

    /// <summary>How many bytes from the first on <see cref="ScanShort"/> looks at: a sign and a vector.</summary>
    internal const int Ahead = 1 + Widest;

    /// <summary>The bytes of a vector.</summary>
    private const int Widest = 16;

    /// <summary>By end × 16 + point: where the 16 digits, the point left out and zeros put before, stand in a number's bytes.</summary>
    private static readonly Vector128<byte>[] Orders = ShortOrders();

    /// <summary>What <see cref="ScanShort"/> looks up; taken once for many cells, as the way to a static field is long.</summary>
    internal readonly ref struct ShortTables
    {
        internal readonly ref Vector128<byte> Orders = ref MemoryMarshal.GetArrayDataReference(PlainNumber.Orders);
        internal readonly ref double Powers = ref MemoryMarshal.GetArrayDataReference(PlainNumber.Powers);

        public ShortTables()
        {
        }
    }

    private static readonly double[] Powers =
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>Reads the number that starts at <paramref name="p"/>; the bytes must end in one that no number has.</summary>
    /// <returns>The first byte after it; <paramref name="p"/> itself, with <see cref="NumberShape.None"/>, where there is none.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
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

    /// <summary>As <see cref="Scan"/> where sign, digits and point are 15 bytes at most; <see cref="Ahead"/> bytes must be readable, whatever they hold.</summary>
    /// <remarks>All digits at once: how many there are differs from cell to cell, and a loop over them would be guessed wrong by the processor.</remarks>
    /// <returns>The first byte after it; <see cref="NumberShape.None"/> where <see cref="Scan"/> has to look.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* ScanShort(byte* p, ShortTables tables, out double value, out NumberShape shape)
    {
        (value, shape) = (0, NumberShape.None);
        if (!Vector128.IsHardwareAccelerated)
        {
            return p;
        }

        // The place of the next cell depends on these lines alone. Arithmetic tells digits: it leaves their highest bit clear, and no other byte's.
        var bytes = Vector128.Load(p);
        var negative = *p == '-' ? 1 : 0;
        var values = bytes - Vector128.Create((byte)'0');
        var others = ((bytes + Vector128.Create((byte)(0x7F - '9'))) | values).ExtractMostSignificantBits() | (1u << Widest);
        var point = Vector128.Equals(bytes, Vector128.Create((byte)'.')).ExtractMostSignificantBits();
        point &= 0 - point;
        var stops = others & ~(point | (uint)negative);
        var end = BitOperations.TrailingZeroCount(stops);

        var hasPoint = (point & (stops ^ (stops - 1))) != 0 ? 1 : 0;
        var whole = BitOperations.TrailingZeroCount(others & ~(uint)negative) - negative;
        var length = end - negative;
        if (end == Widest || length == hasPoint || (whole > 1 && p[negative] == '0'))
        {
            return p;
        }

        var order = Unsafe.Add(ref tables.Orders, (length * 16) + whole);
        var digits = Vector128.ShuffleNative(Vector128.Load(p + negative) - Vector128.Create((byte)'0'), order);
        var magnitude = SixteenDigits(digits) / Unsafe.Add(ref tables.Powers, length - whole - hasPoint);
        value = BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(magnitude) ^ ((long)negative << 63));
        shape = (NumberShape)(1 + hasPoint);
        return p + end;
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

    /// <summary>The number whose digits, 0 to 9, are the bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long SixteenDigits(Vector128<byte> digits)
    {
        if (Sse41.IsSupported)
        {
            var pairs = Ssse3.MultiplyAddAdjacent(digits, Vector128.Create(0x010A_010A_010A_010A).AsSByte());
            var fours = Sse2.MultiplyAddAdjacent(pairs, Vector128.Create(0x0001_0064_0001_0064).AsInt16());
            var eights = Sse2.MultiplyAddAdjacent(Sse41.PackUnsignedSaturate(fours, fours).AsInt16(), Vector128.Create(0x0001_2710_0001_2710).AsInt16()).AsUInt64().ToScalar();
            return (long)(((eights & uint.MaxValue) * 100_000_000) + (eights >> 32));
        }

        return (long)((Eight(digits.AsUInt64().ToScalar()) * 100_000_000) + Eight(digits.AsUInt64().GetElement(1)));

        static ulong Eight(ulong bytes)
        {
            bytes = (bytes * 10) + (bytes >> 8);
            return (((bytes & 0x000000FF_000000FF) * (100 + (1_000_000UL << 32))) + (((bytes >> 16) & 0x000000FF_000000FF) * (1 + (10_000UL << 32)))) >> 32;
        }
    }

    private static Vector128<byte>[] ShortOrders()
    {
        var table = new Vector128<byte>[16 * 16];
        var order = new byte[16];
        for (var end = 0; end < 16; end++)
        {
            for (var point = 0; point <= end; point++)
            {
                Array.Fill(order, (byte)0x80);
                for (int from = end - 1, to = 15; from >= 0; from--)
                {
                    if (from != point)
                    {
                        order[to--] = (byte)from;
                    }
                }

                table[(end * 16) + point] = Vector128.Create(order);
            }
        }

        return table;
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
