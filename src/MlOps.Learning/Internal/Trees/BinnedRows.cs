using System.Runtime.InteropServices;
using MlOps.Scoring;

namespace MlOps.Learning.Internal.Trees;

/// <summary>The training rows with one byte per feature, twice: row after row, so that counting a leaf's rows touches little memory, and feature
/// after feature, so that parting them by one does.</summary>
/// <remarks>Features that never vary are left out. The rest stand in blocks of four; places that fill the last block hold 0.</remarks>
internal sealed unsafe class BinnedRows : IDisposable
{
    public const int Block = 4;
    private const int CacheLine = 64;
    private const int RowsAtOnce = 2048;

    private readonly byte*[] _columns;

    private BinnedRows(int rows, int[] features, Binning[] binnings, byte*[] columns)
    {
        Rows = rows;
        Features = features;
        Binnings = binnings;
        _columns = columns;
        Places = (features.Length + Block - 1) / Block * Block;
        Stride = Places <= 16 ? 16 : Places <= 32 ? 32 : (Places + CacheLine - 1) / CacheLine * CacheLine;
        Offsets = new int[Places + 1];
        for (var f = 0; f < Places; f++)
        {
            Offsets[f + 1] = Offsets[f] + (f < binnings.Length ? binnings[f].Count : 1);
        }

        Cells = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(1, (long)rows * Stride), CacheLine);
    }

    public int Rows { get; }

    /// <summary>The features that vary, as indices into the feature matrix, ascending.</summary>
    public int[] Features { get; }

    /// <summary>One per entry of <see cref="Features"/>.</summary>
    public Binning[] Binnings { get; }

    /// <summary>Places for features, a multiple of <see cref="Block"/>.</summary>
    public int Places { get; }

    /// <summary>Bytes from a row to the next: as few cache lines as there can be.</summary>
    public int Stride { get; }

    /// <summary>Where each place's bins start among all bins; the last entry is their number.</summary>
    public int[] Offsets { get; }

    public byte* Cells { get; }

    /// <summary>One feature's bins, row after row.</summary>
    public byte* Column(int place) => _columns[place];

    /// <param name="categories">Per feature how many categories it numbers, 0 for one with an order.</param>
    public static BinnedRows Of(FeatureMatrix matrix, int bins, int[] categories, Workers workers)
    {
        var values = new FeatureValues(matrix);
        var (binnings, columns) = (new Binning[matrix.Width], new byte*[matrix.Width]);
        BinnedRows? binned = null;
        try
        {
            workers.For(matrix.Width, j =>
            {
                var column = values.Column(j);
                binnings[j] = categories[j] > 0 ? Binning.Categories(categories[j]) : Binning.Of(column, bins);
                if (binnings[j].Count > 1)
                {
                    columns[j] = (byte*)NativeMemory.AlignedAlloc((nuint)column.Length, CacheLine);
                    binnings[j].Fill(column, new(columns[j], column.Length));
                }
            });
            int[] features = [.. Enumerable.Range(0, matrix.Width).Where(j => binnings[j].Count > 1)];
            var kept = new byte*[features.Length];
            for (var f = 0; f < kept.Length; f++)
            {
                kept[f] = columns[features[f]];
            }

            binned = new BinnedRows(matrix.Rows, features, [.. features.Select(j => binnings[j])], kept);
            binned.Turn(workers);
            return binned;
        }
        catch
        {
            NativeMemory.AlignedFree(binned is null ? null : binned.Cells);
            Free(columns);
            throw;
        }
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(Cells);
        Free(_columns);
    }

    private static void Free(byte*[] columns)
    {
        foreach (var column in columns)
        {
            NativeMemory.AlignedFree(column);
        }
    }

    private void Turn(Workers workers) => workers.ForRanges(Rows, RowsAtOnce, (from, to) =>
    {
        NativeMemory.Clear(Cells + ((long)from * Stride), (nuint)((long)(to - from) * Stride));
        for (var f = 0; f < Features.Length; f++)
        {
            var column = _columns[f];
            var cell = Cells + ((long)from * Stride) + f;
            for (var row = from; row < to; row++, cell += Stride)
            {
                *cell = column[row];
            }
        }
    });
}
