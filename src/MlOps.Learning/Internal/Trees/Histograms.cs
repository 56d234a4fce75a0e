using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MlOps.Learning.Internal.Trees;

/// <summary>Sums of derivatives per bin over a leaf's rows, in buffers that are used again.</summary>
internal sealed unsafe class Histograms : IDisposable
{
    // A thread needs this many rows to be worth waking.
    private const int RowsPerThread = 8192;

    // Few enough that their cells stay in the first-level cache from block to block.
    private const int RowsAtOnce = 256;

    private readonly BinnedRows _rows;
    private readonly Derivatives _derivatives;
    private readonly Workers _workers;
    private readonly Stack<nint> _free = new();
    private readonly List<nint> _all = [];

    public Histograms(BinnedRows rows, Derivatives derivatives, Workers workers)
    {
        _rows = rows;
        _derivatives = derivatives;
        _workers = workers;
        Words = 2 * rows.Offsets[^1];
    }

    /// <summary>Length of a histogram: two words per bin.</summary>
    public int Words { get; }

    public void Return(long* histogram) => _free.Push((nint)histogram);

    /// <summary>The histogram of the given rows.</summary>
    public long* Build(int* leafRows, int count)
    {
        var pieces = Math.Clamp(count / RowsPerThread, 1, _workers.Threads);
        var parts = new nint[pieces];
        for (var i = 0; i < pieces; i++)
        {
            parts[i] = (nint)Rent();
        }

        _workers.For(pieces, i =>
        {
            int from = (int)((long)count * i / pieces), to = (int)((long)count * (i + 1) / pieces);
            NativeMemory.Clear((void*)parts[i], (nuint)Words * sizeof(long));
            Add(leafRows + from, to - from, (long*)parts[i]);
        });
        for (var i = 1; i < pieces; i++)
        {
            Combine((long*)parts[0], (long*)parts[i], 1);
            Return((long*)parts[i]);
        }

        return (long*)parts[0];
    }

    /// <summary>Takes a part away: what remains is the other part's histogram.</summary>
    public void Subtract(long* whole, long* part) => Combine(whole, part, -1);

    public void Dispose()
    {
        foreach (var buffer in _all)
        {
            NativeMemory.AlignedFree((void*)buffer);
        }
    }

    private long* Rent()
    {
        if (!_free.TryPop(out var buffer))
        {
            _all.Add(buffer = (nint)NativeMemory.AlignedAlloc((nuint)Words * sizeof(long), 64));
        }

        return (long*)buffer;
    }

    private void Combine(long* into, long* from, long sign)
    {
        for (var i = 0; i < Words; i++)
        {
            into[i] += sign * from[i];
        }
    }

    private void Add(int* leafRows, int count, long* histogram)
    {
        var stride = _rows.Stride;
        for (var from = 0; from < count; from += RowsAtOnce)
        {
            for (var block = 0; block < stride; block += BinnedRows.Block)
            {
                AddBlock(leafRows + from, Math.Min(RowsAtOnce, count - from), block, histogram);
            }
        }
    }

    private void AddBlock(int* leafRows, int count, int block, long* histogram)
    {
        var offsets = _rows.Offsets;
        long* h0 = histogram + (2 * offsets[block]), h1 = histogram + (2 * offsets[block + 1]),
            h2 = histogram + (2 * offsets[block + 2]), h3 = histogram + (2 * offsets[block + 3]),
            h4 = histogram + (2 * offsets[block + 4]), h5 = histogram + (2 * offsets[block + 5]),
            h6 = histogram + (2 * offsets[block + 6]), h7 = histogram + (2 * offsets[block + 7]);
        var cells = _rows.Cells + block;
        long stride = _rows.Stride;
        var words = _derivatives.Words;
        for (var i = 0; i < count; i++)
        {
            long row = leafRows[i];
            var pair = Vector128.Load(words + (2 * row));
            var cell = cells + (stride * row);
            Bump(h0, cell[0], pair);
            Bump(h1, cell[1], pair);
            Bump(h2, cell[2], pair);
            Bump(h3, cell[3], pair);
            Bump(h4, cell[4], pair);
            Bump(h5, cell[5], pair);
            Bump(h6, cell[6], pair);
            Bump(h7, cell[7], pair);
        }
    }

    // Whole numbers: the same sums with and without vector instructions.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Bump(long* bins, nuint bin, Vector128<long> pair)
    {
        var place = bins + (2 * bin);
        Vector128.Store(Vector128.Load(place) + pair, place);
    }
}
