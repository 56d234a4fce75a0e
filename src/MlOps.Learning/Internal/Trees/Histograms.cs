using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MlOps.Learning.Internal.Trees;

/// <summary>Sums of derivatives per bin over a leaf's rows, in buffers that are used again.</summary>
/// <remarks>Rows are gathered some hundred at a time, asked for before they are needed; then four features at a time take them from there, so that rows
/// and bins stay in the first-level cache.</remarks>
internal sealed unsafe class Histograms : IDisposable
{
    // A thread needs this many rows to be worth waking.
    private const int RowsPerThread = 8192;
    private const int GatheredBytes = 1 << 14;
    private const int Ahead = 24;

    private readonly BinnedRows _rows;
    private readonly Derivatives _derivatives;
    private readonly Workers _workers;
    private readonly int _rowsAtOnce;
    private readonly Stack<nint> _free = new();
    private readonly List<nint> _all = [];
    private readonly nint[] _gathered;

    public Histograms(BinnedRows rows, Derivatives derivatives, Workers workers)
    {
        _rows = rows;
        _derivatives = derivatives;
        _workers = workers;
        _rowsAtOnce = Math.Max(64, GatheredBytes / rows.Stride);
        Words = 2 * rows.Offsets[^1];
        _gathered = new nint[workers.Threads];
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
            Add(leafRows + from, to - from, (long*)parts[i], i);
        });
        for (var i = 1; i < pieces; i++)
        {
            Combine((long*)parts[0], (long*)parts[i], 1);
            Return((long*)parts[i]);
        }

        return (long*)parts[0];
    }

    /// <summary>The sums over all rows of a histogram, by the bins of its first feature.</summary>
    public NodeSums Total(long* histogram)
    {
        var sums = default(NodeSums);
        for (var bin = 0; bin < _rows.Offsets[1]; bin++)
        {
            sums += new NodeSums(histogram[2 * bin], histogram[(2 * bin) + 1]);
        }

        return sums;
    }

    /// <summary>Takes a part away: what remains is the other part's histogram.</summary>
    public void Subtract(long* whole, long* part) => Combine(whole, part, -1);

    public void Dispose()
    {
        foreach (var buffer in _all.Concat(_gathered))
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
        // Words come in pairs.
        var factor = Vector128.Create(sign < 0 ? -1L : 0);
        for (var i = 0; i < Words; i += 2)
        {
            Vector128.Store(Vector128.Load(into + i) + ((Vector128.Load(from + i) ^ factor) - factor), into + i);
        }
    }

    private void Add(int* leafRows, int count, long* histogram, int piece)
    {
        if (_gathered[piece] == 0)
        {
            _gathered[piece] = (nint)NativeMemory.AlignedAlloc((nuint)(_rowsAtOnce * (_rows.Stride + (2 * sizeof(long)))), 64);
        }

        var spareCells = (byte*)_gathered[piece];
        var spareWords = (long*)(spareCells + ((long)_rowsAtOnce * _rows.Stride));
        for (var from = 0; from < count; from += _rowsAtOnce)
        {
            var some = Math.Min(_rowsAtOnce, count - from);
            var chosen = leafRows + from;
            var cells = spareCells;
            var words = spareWords;
            if (chosen[some - 1] - chosen[0] == some - 1)
            {
                // Neighbours already.
                cells = _rows.Cells + ((long)_rows.Stride * chosen[0]);
                words = _derivatives.Words + (2L * chosen[0]);
            }
            else
            {
                Gather(chosen, some, count - from, cells, words);
            }

            for (var block = 0; block < _rows.Places; block += BinnedRows.Block)
            {
                AddBlock(cells + block, words, some, block, histogram);
            }
        }
    }

    private void Gather(int* chosen, int some, int left, byte* cells, long* words)
    {
        long stride = _rows.Stride;
        byte* allCells = _rows.Cells;
        var allWords = _derivatives.Words;
        for (var i = 0; i < some; i++)
        {
            if (Sse.IsSupported)
            {
                long next = chosen[Math.Min(i + Ahead, left - 1)];
                Sse.Prefetch0(allCells + (stride * next));
                Sse.Prefetch0(allWords + (2 * next));
            }

            long row = chosen[i];
            Vector128.Store(Vector128.Load(allWords + (2 * row)), words + (2 * i));
            byte* source = allCells + (stride * row), target = cells + (stride * i);
            for (long at = 0; at < stride; at += 16)
            {
                Vector128.Store(Vector128.Load(source + at), target + at);
            }
        }
    }

    private void AddBlock(byte* cell, long* words, int count, int block, long* histogram)
    {
        var offsets = _rows.Offsets;
        long* h0 = histogram + (2 * offsets[block]), h1 = histogram + (2 * offsets[block + 1]),
            h2 = histogram + (2 * offsets[block + 2]), h3 = histogram + (2 * offsets[block + 3]);
        long stride = _rows.Stride;
        for (var i = 0; i < count; i++, cell += stride, words += 2)
        {
            var pair = Vector128.Load(words);
            Bump(h0, cell[0], pair);
            Bump(h1, cell[1], pair);
            Bump(h2, cell[2], pair);
            Bump(h3, cell[3], pair);
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
