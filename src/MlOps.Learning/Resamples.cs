using MlOps.Data;
using MlOps.Learning.Internal;

namespace MlOps.Learning;

/// <summary>Draws rows with replacement, as often as there are rows: the same draws for the same labels, whatever the model and the number of threads.</summary>
/// <remarks>Models that are measured on the same rows are measured on the same resamples, so that their differences are paired. Draw i of resample r is a
/// function of seed, r and i alone (splitmix64).</remarks>
public sealed class Resamples
{
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;

    private readonly ulong _seed;

    private Resamples(int rows, int count, ulong seed) => (Rows, Count, _seed) = (rows, count, seed);

    /// <summary>The number of rows, and of draws.</summary>
    public int Rows { get; }

    /// <summary>The number of resamples.</summary>
    public int Count { get; }

    /// <summary>Resamples of a column's rows, seeded by its cells in their order.</summary>
    public static Resamples Of(Column label, int count)
    {
        var seed = (ulong)label.Length;
        foreach (var hash in RowHash.Of(new Frame([label])))
        {
            seed = RowHash.Mix(seed ^ hash);
        }

        return new(label.Length, count, seed);
    }

    /// <summary>How often each row is drawn.</summary>
    /// <param name="resample">0 to <see cref="Count"/> − 1.</param>
    /// <param name="counts">One per row.</param>
    public void Counts(int resample, Span<int> counts)
    {
        counts.Clear();
        var state = Start(resample);
        for (var i = 0; i < counts.Length; i++)
        {
            counts[Next(ref state, counts.Length)]++;
        }
    }

    /// <summary>The rows drawn, in their order.</summary>
    /// <param name="resample">0 to <see cref="Count"/> − 1.</param>
    public int[] Indices(int resample)
    {
        var state = Start(resample);
        var drawn = new int[Rows];
        for (var i = 0; i < drawn.Length; i++)
        {
            drawn[i] = Next(ref state, Rows);
        }

        return drawn;
    }

    private ulong Start(int resample) => RowHash.Mix(_seed + (Golden * (ulong)(resample + 1)));

    // Uniform up to 2^-32 times the number of rows.
    private static int Next(ref ulong state, int rows)
    {
        var bits = RowHash.Mix(state);
        state += Golden;
        return (int)Math.BigMul(bits, (ulong)rows, out _);
    }
}
