using System.Numerics;
using System.Runtime.InteropServices;

namespace MlOps.Learning.Internal.Trees;

/// <summary>Each row's first and second derivative of the loss as whole numbers, so that sums are exact in any order.</summary>
/// <remarks>Two 64-bit words a row: the first derivative; the second one above a counter that is 1. Both fields hold the sum over all rows.</remarks>
internal sealed unsafe class Derivatives : IDisposable
{
    private const int FirstBits = 61;
    private readonly int _secondBits;

    public Derivatives(int rows)
    {
        Rows = rows;
        CountBits = 32 - BitOperations.LeadingZeroCount((uint)rows);
        _secondBits = 61 - CountBits;
        Words = (long*)NativeMemory.AlignedAlloc((nuint)(2L * sizeof(long) * Math.Max(1, rows)), 64);
    }

    public int Rows { get; }

    /// <summary>Width of the counter in the second word.</summary>
    public int CountBits { get; }

    public long* Words { get; }

    /// <summary>What one unit of a summed first derivative is worth.</summary>
    public double FirstUnit { get; private set; }

    /// <summary>What one unit of a summed second derivative is worth.</summary>
    public double SecondUnit { get; private set; }

    /// <summary>Fixes the units for a tree: neither the sum of all first derivatives' sizes nor that of the second ones may exceed the bounds by more
    /// than rounding.</summary>
    /// <returns>False if there is nothing to learn: the first derivatives are all 0, or too small or large for numbers.</returns>
    public bool Scale(double sumOfFirst, double sumOfSecond)
    {
        FirstUnit = Math.ScaleB(1, Math.ILogB(sumOfFirst) + 1 - FirstBits);
        SecondUnit = Math.ScaleB(1, Math.ILogB(sumOfSecond) + 1 - _secondBits);
        return sumOfFirst > 0 && IsUsable(FirstUnit) && IsUsable(SecondUnit);
    }

    /// <summary>Sets rows from <paramref name="firstRow"/> on.</summary>
    public void Set(int firstRow, ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        double perFirst = 1 / FirstUnit, perSecond = 1 / SecondUnit;
        var words = Words + (2L * firstRow);
        for (var i = 0; i < first.Length; i++)
        {
            words[2 * i] = (long)(first[i] * perFirst);

            // Never 0: of many rows the unit is so coarse that a Newton step would divide by nothing.
            words[(2 * i) + 1] = (Math.Max(1, (long)(second[i] * perSecond)) << CountBits) | 1;
        }
    }

    public void Dispose() => NativeMemory.AlignedFree(Words);

    private static bool IsUsable(double unit) => double.IsNormal(unit) && double.IsFinite(1 / unit);
}
