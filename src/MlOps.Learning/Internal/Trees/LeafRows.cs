using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace MlOps.Learning.Internal.Trees;

/// <summary>The training rows grouped by leaf; inside a leaf they keep their order, whatever the threads.</summary>
internal sealed unsafe class LeafRows(BinnedRows rows, Workers workers) : IDisposable
{
    private const int RowsAtOnce = 16384;
    private const int Ahead = 16;

    private readonly int* _spare = (int*)NativeMemory.Alloc((nuint)Math.Max(1, rows.Rows), sizeof(int));

    /// <summary>Row numbers; a leaf is a range of them.</summary>
    public int* Order { get; } = (int*)NativeMemory.Alloc((nuint)Math.Max(1, rows.Rows), sizeof(int));

    /// <summary>All rows in one leaf.</summary>
    public void Reset() => workers.ForRanges(rows.Rows, 1 << 18, (from, to) =>
    {
        for (var row = from; row < to; row++)
        {
            Order[row] = row;
        }
    });

    /// <summary>Parts a range: rows whose bin goes left first.</summary>
    /// <param name="goesLeft">Per bin 1 or 0.</param>
    public void Part(int start, int count, int feature, byte[] goesLeft)
    {
        var lefts = new int[(count + RowsAtOnce - 1) / RowsAtOnce];
        workers.ForRanges(count, RowsAtOnce, (from, to) => lefts[from / RowsAtOnce] = PartPiece(start + from, to - from, feature, goesLeft));

        // Each piece has its left rows at its start, its right rows in the spare: move the lefts together, then the rights behind them.
        var next = start;
        for (var i = 0; i < lefts.Length; i++)
        {
            Move(Order + start + (i * RowsAtOnce), next, lefts[i]);
            next += lefts[i];
        }

        for (var i = 0; i < lefts.Length; i++)
        {
            var size = Math.Min(RowsAtOnce, count - (i * RowsAtOnce));
            Move(_spare + start + (i * RowsAtOnce), next, size - lefts[i]);
            next += size - lefts[i];
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(Order);
        NativeMemory.Free(_spare);
    }

    private void Move(int* from, int to, int count) =>
        new ReadOnlySpan<int>(from, count).CopyTo(new Span<int>(Order + to, count));

    private int PartPiece(int start, int count, int feature, byte[] goesLeft)
    {
        var cells = rows.Cells + feature;
        long stride = rows.Stride;
        int left = start, right = start;
        fixed (byte* table = goesLeft)
        {
            for (var i = start; i < start + count; i++)
            {
                var row = Order[i];
                if (Sse.IsSupported)
                {
                    // A leaf's rows lie too far apart for the CPU to see them coming.
                    Sse.Prefetch0(cells + (stride * Order[Math.Min(i + Ahead, start + count - 1)]));
                }

                int isLeft = table[cells[stride * row]];
                Order[left] = row;
                _spare[right] = row;
                left += isLeft;
                right += 1 - isLeft;
            }
        }

        return left - start;
    }
}
