using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace MlOps.Learning.Internal.Trees;

/// <summary>The training rows grouped by leaf; inside a leaf they keep their order, whatever the threads.</summary>
internal sealed unsafe class LeafRows(BinnedRows rows, Workers workers) : IDisposable
{
    private const int RowsAtOnce = 16384;
    private const int Ahead = 32;

    private readonly int* _spare = (int*)NativeMemory.Alloc((nuint)Math.Max(1, rows.Rows), sizeof(int));

    /// <summary>Row numbers; a leaf is a range of them.</summary>
    public int* Order { get; } = (int*)NativeMemory.Alloc((nuint)Math.Max(1, rows.Rows), sizeof(int));

    /// <summary>All rows in one leaf: those that the tree learns from, then the others.</summary>
    /// <param name="learnt">Null for all.</param>
    /// <returns>How many it learns from.</returns>
    public int Reset(bool[]? learnt)
    {
        if (learnt is null)
        {
            workers.ForRanges(rows.Rows, 1 << 18, (from, to) =>
            {
                for (var row = from; row < to; row++)
                {
                    Order[row] = row;
                }
            });
            return rows.Rows;
        }

        int next = 0, last = rows.Rows - 1;
        for (var row = 0; row < rows.Rows; row++)
        {
            if (learnt[row])
            {
                Order[next++] = row;
            }
        }

        for (var row = rows.Rows - 1; row >= 0; row--)
        {
            if (!learnt[row])
            {
                Order[last--] = row;
            }
        }

        return next;
    }

    /// <summary>Parts a range: rows whose bin goes left first.</summary>
    /// <param name="goesLeft">Per bin 1 or 0.</param>
    /// <returns>How many go left.</returns>
    public int Part(int start, int count, int feature, byte[] goesLeft)
    {
        var lefts = new int[(count + RowsAtOnce - 1) / RowsAtOnce];
        workers.ForRanges(count, RowsAtOnce, (from, to) => lefts[from / RowsAtOnce] = PartPiece(start + from, to - from, rows.Column(feature), goesLeft));

        // Each piece has its left rows at its start, its right rows in the spare: move the lefts together, then the rights behind them.
        var next = start;
        for (var i = 0; i < lefts.Length; i++)
        {
            Move(Order + start + (i * RowsAtOnce), next, lefts[i]);
            next += lefts[i];
        }

        var left = next - start;
        for (var i = 0; i < lefts.Length; i++)
        {
            var size = Math.Min(RowsAtOnce, count - (i * RowsAtOnce));
            Move(_spare + start + (i * RowsAtOnce), next, size - lefts[i]);
            next += size - lefts[i];
        }

        return left;
    }

    public void Dispose()
    {
        NativeMemory.Free(Order);
        NativeMemory.Free(_spare);
    }

    private void Move(int* from, int to, int count)
    {
        if (from != Order + to)
        {
            new ReadOnlySpan<int>(from, count).CopyTo(new Span<int>(Order + to, count));
        }
    }

    private int PartPiece(int start, int count, byte* column, byte[] goesLeft)
    {
        int* from = Order + start, end = from + count, left = from, right = _spare + start;
        fixed (byte* table = goesLeft)
        {
            for (; from < end; from++)
            {
                if (Sse.IsSupported)
                {
                    // A leaf's rows lie too far apart for the CPU to see them coming.
                    Sse.Prefetch0(column + from[from < end - Ahead ? Ahead : 0]);
                }

                var row = *from;
                nint isLeft = table[column[row]];
                *left = row;
                *right = row;
                left += isLeft;
                right += 1 - isLeft;
            }
        }

        return (int)(left - (Order + start));
    }
}
