using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Learning.Internal.Encoders;

/// <summary>What the terms of a text are: runs of neighbouring parts.</summary>
/// <param name="Parts">A text's words or characters, in order.</param>
/// <param name="Between">What stands between the parts of a term.</param>
/// <param name="Least">Parts of the shortest run, at least 1.</param>
/// <param name="Most">Parts of the longest.</param>
internal sealed record TermRuns(Func<string, IReadOnlyList<string>> Parts, string Between, int Least, int Most);

/// <summary>A run of parts.</summary>
/// <param name="Length">How many parts.</param>
/// <param name="Rows">How many rows have it.</param>
internal sealed record Term(string Text, int Length, int Rows);

/// <summary>Finds the terms of most rows, in memory that does not grow with the texts.</summary>
/// <remarks>
/// A run is in no more rows than the run without its last part, and stands behind it where both are in as many: so, shortest runs first, only those are counted whose
/// beginning is among the best so far (Agrawal and Srikant 1994, <see href="https://www.vldb.org/conf/1994/P487.PDF"/>). Where even those are too many, they are counted in several passes, each for a range of hashes.
/// </remarks>
/// <param name="texts">The texts, and how many rows have each.</param>
/// <param name="atOnce">Most terms to count in one pass; changes the memory and the time only.</param>
internal sealed class TermCounts(CategoryCounts texts, TermRuns runs, int atOnce = 1 << 20)
{
    // A term of a single row says nothing of others.
    private const int LeastRows = 2;

    /// <summary>The terms of at least two rows, if there are any, else those of one; of most rows first, ties ordinal.</summary>
    /// <param name="most">How many at most.</param>
    public IReadOnlyList<Term> Most(int most)
    {
        List<Term> best = [];
        for (var length = runs.Least; length <= runs.Most; length++)
        {
            var beginnings = length == runs.Least ? null : best.Where(term => term.Length == length - 1).Select(term => term.Text).ToHashSet(StringComparer.Ordinal);
            foreach (var counts in Passes(length, beginnings))
            {
                Merge(best, counts, length, most);
            }
        }

        return best;
    }

    private static void Merge(List<Term> best, Dictionary<string, Count> counts, int length, int most)
    {
        var repeated = best.Exists(term => term.Rows >= LeastRows) || counts.Values.Any(count => count.Rows >= LeastRows);
        var least = Math.Max(repeated ? LeastRows : 1, best.Count >= most ? best[^1].Rows : 1);
        best.AddRange(counts.Where(term => term.Value.Rows >= least).Select(term => new Term(term.Key, length, term.Value.Rows)));
        best.RemoveAll(term => term.Rows < least);
        best.Sort((a, b) => a.Rows != b.Rows ? b.Rows.CompareTo(a.Rows) : string.CompareOrdinal(a.Text, b.Text));
        best.RemoveRange(Math.Min(most, best.Count), Math.Max(0, best.Count - most));
    }

    private IEnumerable<Dictionary<string, Count>> Passes(int length, HashSet<string>? beginnings)
    {
        var counts = new Dictionary<string, Count>(StringComparer.Ordinal);
        for (ulong first = 0, last = ulong.MaxValue; ; (first, last) = (last + 1, ulong.MaxValue))
        {
            counts.Clear();
            for (var text = 0; text < texts.Texts.Length; text++)
            {
                if (texts.Counts[text] > 0)
                {
                    Add(text, length, beginnings, (first, last), counts);
                }

                while (counts.Count > atOnce && first < last)
                {
                    last = first + ((last - first) / 2);
                    foreach (var later in counts.Keys.Where(term => Hash(term) > last).ToList())
                    {
                        counts.Remove(later);
                    }
                }
            }

            yield return counts;
            if (last == ulong.MaxValue)
            {
                yield break;
            }
        }
    }

    private void Add(int text, int length, HashSet<string>? beginnings, (ulong First, ulong Last) range, Dictionary<string, Count> counts)
    {
        var parts = runs.Parts(texts.Texts[text]);
        var joined = string.Join(runs.Between, parts).AsSpan();
        var known = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        var begun = beginnings?.GetAlternateLookup<ReadOnlySpan<char>>();
        var all = range is (0, ulong.MaxValue);
        var (start, end, beforeLast) = (0, -runs.Between.Length, 0);
        for (var part = 0; part < parts.Count; part++)
        {
            beforeLast = end;
            end += runs.Between.Length + parts[part].Length;
            if (part < length - 1)
            {
                continue;
            }

            var run = joined[start..end];
            if (begun?.Contains(joined[start..Math.Max(start, beforeLast)]) != false && !run.ContainsAnyInRange('\0', '\u0003') && (all || (Hash(run) is var hash && hash >= range.First && hash <= range.Last)))
            {
                ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(known, run, out var exists);
                if (!exists || count.LastText != text)
                {
                    count = new(count.Rows + texts.Counts[text], text);
                }
            }

            start += parts[part - length + 1].Length + runs.Between.Length;
        }
    }

    private static ulong Hash(ReadOnlySpan<char> term)
    {
        ulong hash = 0;
        foreach (var c in term)
        {
            hash = (hash ^ c) * 0x0000_0100_0000_01B3;
        }

        return RowHash.Mix(hash);
    }

    /// <param name="LastText">The text that was counted last: a term counts once a text.</param>
    private readonly record struct Count(int Rows, int LastText);
}
