using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace MlOps.Content.Internal;

/// <summary>xxh128 of more than 240 bytes at once; see https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md (XXH3, 128 bits, no seed).</summary>
/// <remarks>The SDK's own is compiled while the command runs, and slow until then: over many small files that costs more than all their hashes.</remarks>
internal static unsafe class Xxh128
{
    public const int LeastBytes = 241;
    public const int KeptBytes = 1024, StripeBytes = 64;
    private const int BlockStripes = 16, SecretBytes = 192;
    private const ulong Prime1 = 0x9e3779b185ebca87, Prime2 = 0xc2b2ae3d27d4eb4f;
    private const uint ShortPrime = 0x9e3779b1;

    private static ReadOnlySpan<byte> Secret =>
    [
        0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c, 0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb,
        0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f, 0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
        0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c, 0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb,
        0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3, 0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
        0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d, 0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31,
        0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64, 0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
        0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e, 0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc,
        0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce, 0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
    ];

    /// <summary>Hashes bytes of which there are at least <see cref="LeastBytes"/>; gives the upper and the lower half.</summary>
    public static (ulong High, ulong Low) Of(ReadOnlySpan<byte> content)
    {
        Span<ulong> sums = stackalloc ulong[8];
        Begin(sums);
        var done = Add(sums, content);
        return End(sums, content, content.Length - done, (ulong)content.Length);
    }

    /// <summary>Begins a hash of bytes that come in parts.</summary>
    public static void Begin(Span<ulong> sums) =>
        (sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7]) = (0xc2b2ae3d, Prime1, Prime2, 0x165667b19e3779f9, 0x85ebca77c2b2ae63, 0x85ebca77, 0x27d4eb2f165667c5, ShortPrime);

    /// <summary>Hashes a part as far as that can be done before it is known whether it is the last; gives how many bytes, all but 1 to <see cref="KeptBytes"/>.</summary>
    public static int Add(Span<ulong> sums, ReadOnlySpan<byte> part)
    {
        const int blockBytes = BlockStripes * StripeBytes;
        const int worthCompiling = 64 * 1024;
        if (part.Length >= worthCompiling)
        {
            return AddMuch(sums, part);
        }

        var done = 0;
        fixed (byte* bytes = part, secret = Secret)
        {
            fixed (ulong* into = sums)
            {
                for (; part.Length - done > blockBytes; done += blockBytes)
                {
                    Add(into, bytes + done, secret, BlockStripes);
                    Scramble(into, secret + SecretBytes - StripeBytes);
                }
            }
        }

        return done;
    }

    /// <summary>The same by wide vectors, compiled at its first call and at once as well as can be: that pays for large files only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int AddMuch(Span<ulong> sums, ReadOnlySpan<byte> part)
    {
        const int blockBytes = BlockStripes * StripeBytes;
        var done = 0;
        fixed (byte* bytes = part, secret = Secret)
        {
            fixed (ulong* into = sums)
            {
                for (; part.Length - done > blockBytes; done += blockBytes)
                {
                    if (Avx2.IsSupported)
                    {
                        var (low, high) = (Vector256.Load(into), Vector256.Load(into + 4));
                        for (var stripe = 0; stripe < BlockStripes; stripe++)
                        {
                            byte* at = bytes + done + (stripe * StripeBytes), keys = secret + (8 * stripe);
                            var (first, second) = (Vector256.Load((ulong*)at), Vector256.Load((ulong*)(at + 32)));
                            var (one, two) = (first ^ Vector256.Load((ulong*)keys), second ^ Vector256.Load((ulong*)(keys + 32)));
                            low += Avx2.Multiply(one.AsUInt32(), (one >>> 32).AsUInt32()) + Avx2.Shuffle(first.AsUInt32(), 0b01_00_11_10).AsUInt64();
                            high += Avx2.Multiply(two.AsUInt32(), (two >>> 32).AsUInt32()) + Avx2.Shuffle(second.AsUInt32(), 0b01_00_11_10).AsUInt64();
                        }

                        low.Store(into);
                        high.Store(into + 4);
                    }
                    else
                    {
                        Add(into, bytes + done, secret, BlockStripes);
                    }

                    Scramble(into, secret + SecretBytes - StripeBytes);
                }
            }
        }

        return done;
    }

    /// <summary>Ends a hash.</summary>
    /// <param name="sums">What <see cref="Add(Span{ulong}, ReadOnlySpan{byte})"/> left.</param>
    /// <param name="end">The last bytes, at least 64, also such as are hashed already.</param>
    /// <param name="left">How many of them are not yet hashed: 1 to <see cref="KeptBytes"/>.</param>
    /// <param name="length">Of all parts: at least <see cref="LeastBytes"/>.</param>
    public static (ulong High, ulong Low) End(Span<ulong> sums, ReadOnlySpan<byte> end, int left, ulong length)
    {
        fixed (byte* bytes = end, secret = Secret)
        {
            fixed (ulong* into = sums)
            {
                Add(into, bytes + end.Length - left, secret, (left - 1) / StripeBytes);
                Add(into, bytes + end.Length - StripeBytes, secret + SecretBytes - StripeBytes - 7, 1);
                return unchecked((
                    Merged(into, secret + SecretBytes - StripeBytes - 11, ~(length * Prime2)),
                    Merged(into, secret + 11, length * Prime1)));
            }
        }
    }

    private static void Add(ulong* sums, byte* bytes, byte* secret, int stripes)
    {
        var (a, b, c, d) = (Vector128.Load(sums), Vector128.Load(sums + 2), Vector128.Load(sums + 4), Vector128.Load(sums + 6));
        for (; stripes > 0; stripes--, bytes += StripeBytes, secret += 8)
        {
            a += Term(bytes, secret);
            b += Term(bytes + 16, secret + 16);
            c += Term(bytes + 32, secret + 32);
            d += Term(bytes + 48, secret + 48);
        }

        a.Store(sums);
        b.Store(sums + 2);
        c.Store(sums + 4);
        d.Store(sums + 6);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Term(byte* bytes, byte* secret)
    {
        var data = Vector128.Load((ulong*)bytes);
        var key = data ^ Vector128.Load((ulong*)secret);
        return Product(key, key >>> 32) + Swapped(data);
    }

    private static void Scramble(ulong* sums, byte* secret)
    {
        var prime = Vector128.Create((ulong)ShortPrime);
        for (var i = 0; i < 8; i += 2)
        {
            var sum = Vector128.Load(sums + i);
            sum ^= (sum >>> 47) ^ Vector128.Load((ulong*)secret + i);
            (Product(sum, prime) + (Product(sum >>> 32, prime) << 32)).Store(sums + i);
        }
    }

    // Not Shuffle alone: what it becomes depends on more than every x64 has, and such methods are not compiled ahead.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Swapped(Vector128<ulong> pair) =>
        Sse2.IsSupported ? Sse2.Shuffle(pair.AsUInt32(), 0b01_00_11_10).AsUInt64() : Vector128.Shuffle(pair, Vector128.Create(1UL, 0UL));

    /// <summary>The products of the lower halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Product(Vector128<ulong> x, Vector128<ulong> y) =>
        Sse2.IsSupported ? Sse2.Multiply(x.AsUInt32(), y.AsUInt32())
        : AdvSimd.IsSupported ? AdvSimd.MultiplyWideningLower(AdvSimd.ExtractNarrowingLower(x), AdvSimd.ExtractNarrowingLower(y))
        : (x & Vector128.Create(0xffffffffUL)) * (y & Vector128.Create(0xffffffffUL));

    private static ulong Merged(ulong* sums, byte* secret, ulong start)
    {
        var key = (ulong*)secret;
        for (var i = 0; i < 8; i += 2)
        {
            var high = Math.BigMul(sums[i] ^ key[i], sums[i + 1] ^ key[i + 1], out var low);
            start = unchecked(start + (high ^ low));
        }

        start = unchecked((start ^ (start >> 37)) * 0x165667919e3779f9);
        return start ^ (start >> 32);
    }
}
