using System.Buffers;
using System.Runtime.InteropServices;

namespace MlOps.Learning.Internal.Trees;

/// <summary>Sorts float32 values by their bits, eleven at a time: several times faster than comparing.</summary>
internal static class SortedFloats
{
    private const int Bits = 11;
    private const int Digits = 1 << Bits;

    /// <param name="values">No NaN; −0 comes before 0.</param>
    public static void Sort(Span<float> values)
    {
        var keys = MemoryMarshal.Cast<float, uint>(values);
        Flip(keys, forth: true);
        var buffer = ArrayPool<uint>.Shared.Rent(keys.Length);
        var other = buffer.AsSpan(0, keys.Length);
        Span<int> next = stackalloc int[Digits];
        for (var shift = 0; shift < 32; shift += Bits)
        {
            next.Clear();
            foreach (var key in keys)
            {
                next[(int)(key >> shift) & (Digits - 1)]++;
            }

            var sum = 0;
            for (var digit = 0; digit < Digits; digit++)
            {
                (next[digit], sum) = (sum, sum + next[digit]);
            }

            foreach (var key in keys)
            {
                other[next[(int)(key >> shift) & (Digits - 1)]++] = key;
            }

            // Three passes end in the other buffer.
            var swap = keys;
            keys = other;
            other = swap;
        }

        keys.CopyTo(MemoryMarshal.Cast<float, uint>(values));
        Flip(MemoryMarshal.Cast<float, uint>(values), forth: false);
        ArrayPool<uint>.Shared.Return(buffer);
    }

    // Negative numbers sort backwards by their bits, and above the positive ones.
    private static void Flip(Span<uint> keys, bool forth)
    {
        foreach (ref var key in keys)
        {
            var negative = forth ? key >> 31 == 1 : key >> 31 == 0;
            key ^= negative ? uint.MaxValue : 0x8000_0000;
        }
    }
}
