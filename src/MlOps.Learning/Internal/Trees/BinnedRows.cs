using System.Runtime.InteropServices;
using MlOps.Scoring;

namespace MlOps.Learning.Internal.Trees;

/// <summary>The training rows with one byte per feature, row after row, so that a leaf's rows touch little memory.</summary>
/// <remarks>Features that never vary are left out. The rest stand in blocks of eight; places that fill the last block hold 0.</remarks>
internal sealed unsafe class BinnedRows : IDisposable
{
    public const int Block = 8;
    private const int RowsAtOnce = 2048;

    private BinnedRows(int rows, int[] features, Binning[] binnings)
    {
        Rows = rows;
        Features = features;
        Binnings = binnings;
        Stride = (features.Length + Block - 1) / Block * Block;
        Offsets = new int[Stride + 1];
        for (var f = 0; f < Stride; f++)
        {
            Offsets[f + 1] = Offsets[f] + (f < binnings.Length ? binnings[f].Count : 1);
        }

        Cells = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(1, (long)rows * Stride), 64);
    }

    public int Rows { get; }

    /// <summary>The features that vary, as indices into the feature matrix, ascending.</summary>
    public int[] Features { get; }

    /// <summary>One per entry of <see cref="Features"/>.</summary>
    public Binning[] Binnings { get; }

    /// <summary>Bytes from a row to the next, a multiple of <see cref="Block"/>.</summary>
    public int Stride { get; }

    /// <summary>Where each place's bins start among all bins; the last entry is their number.</summary>
    public int[] Offsets { get; }

    public byte* Cells { get; }

    public static BinnedRows Of(FeatureMatrix matrix, int bins, Workers workers)
    {
        var columns = new FeatureValues(matrix);
        var all = new Binning[matrix.Width];
        workers.For(matrix.Width, j => all[j] = Binning.Of(columns.Column(j), bins));
        int[] features = [.. Enumerable.Range(0, matrix.Width).Where(j => all[j].Count > 1)];
        var binned = new BinnedRows(matrix.Rows, features, [.. features.Select(j => all[j])]);
        var filled = false;
        try
        {
            binned.Fill(columns, workers);
            filled = true;
            return binned;
        }
        finally
        {
            if (!filled)
            {
                binned.Dispose();
            }
        }
    }

    public void Dispose() => NativeMemory.AlignedFree(Cells);

    private void Fill(FeatureValues columns, Workers workers)
    {
        NativeMemory.Clear(Cells, (nuint)((long)Rows * Stride));
        var dense = Array.FindAll(Features, j => j < columns.DenseWidth).Length;
        workers.ForRanges(Rows, RowsAtOnce, (from, to) =>
        {
            for (var f = 0; f < dense; f++)
            {
                Put(f, columns.Column(Features[f]).AsSpan(from, to - from), from);
            }
        });
        workers.For(Features.Length - dense, i => Put(dense + i, columns.Column(Features[dense + i]), 0));
    }

    private void Put(int f, ReadOnlySpan<float> values, int firstRow)
    {
        for (var i = 0; i < values.Length; i += RowsAtOnce)
        {
            var some = values[i..Math.Min(values.Length, i + RowsAtOnce)];
            var cells = new Span<byte>(Cells + (((long)firstRow + i) * Stride) + f, ((some.Length - 1) * Stride) + 1);
            Binnings[f].Fill(some, cells, Stride);
        }
    }
}
