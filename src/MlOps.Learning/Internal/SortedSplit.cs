namespace MlOps.Learning.Internal;

/// <summary>Splits at a rank; equal keys never straddle it.</summary>
internal static class SortedSplit
{
    /// <summary>The last <paramref name="share"/> of the rows by key are test rows.</summary>
    public static bool[] Last(double[] keys, double share)
    {
        var sorted = (double[])keys.Clone();
        Array.Sort(sorted);
        var first = Boundary(sorted, sorted.Length - Count(sorted.Length, share));
        return [.. keys.Select(k => first < sorted.Length && k >= sorted[first])];
    }

    /// <summary>Within each class the first <paramref name="share"/> of the rows by hash are test rows; of two different rows or more at least one on
    /// each side.</summary>
    public static bool[] WithinClasses(ulong[] hashes, int[] classes, double share)
    {
        var isTest = new bool[hashes.Length];
        foreach (var group in Enumerable.Range(0, hashes.Length).GroupBy(row => classes[row]))
        {
            int[] rows = [.. group];
            ulong[] sorted = [.. rows.Select(r => hashes[r]).Order()];
            var first = Boundary(sorted, Count(sorted.Length, share));
            foreach (var row in rows)
            {
                isTest[row] = first < sorted.Length && hashes[row] < sorted[first];
            }
        }

        return isTest;
    }

    private static int Count(int rows, double share) => rows < 2 ? 0 : Math.Clamp((int)Math.Round(rows * share, MidpointRounding.AwayFromZero), 1, rows - 1);

    // The start of a run of equal keys that is nearest to the rank, but not 0 (which would leave one side empty) unless all are equal.
    private static int Boundary<T>(T[] sorted, int rank)
        where T : IEquatable<T>
    {
        var (down, up) = (rank, rank);
        while (down > 0 && down < sorted.Length && sorted[down - 1].Equals(sorted[down]))
        {
            down--;
        }

        while (up > 0 && up < sorted.Length && sorted[up - 1].Equals(sorted[up]))
        {
            up++;
        }

        return down == 0 || (up < sorted.Length && up - rank < rank - down) ? up : down;
    }
}
