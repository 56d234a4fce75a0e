using MlOps.Data;

namespace MlOps.Learning.Internal.Encoders;

/// <summary>A column's categories in the training rows.</summary>
/// <param name="Codes">Per row the category, an index into the other arrays; −1 where missing.</param>
/// <param name="Counts">Rows of each.</param>
internal sealed record CategoryCounts(int[] Codes, string[] Texts, int[] Counts)
{
    public bool HasMissing => Counts.Sum() < Codes.Length;

    public static CategoryCounts Of(Column column)
    {
        var (codes, texts) = Categories.Of(column);
        var counts = new int[texts.Length];
        foreach (var code in codes)
        {
            if (code >= 0)
            {
                counts[code]++;
            }
        }

        return new(codes, texts, counts);
    }

    /// <summary>The categories with at least <paramref name="leastRows"/> rows, the most frequent first (ties ordinal), <paramref name="most"/> at
    /// most.</summary>
    public int[] Frequent(int leastRows, int most) => [.. Enumerable.Range(0, Texts.Length)
        .Where(c => Counts[c] >= leastRows)
        .OrderByDescending(c => Counts[c]).ThenBy(c => Texts[c], StringComparer.Ordinal)
        .Take(most)];
}
