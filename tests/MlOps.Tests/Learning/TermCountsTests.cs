using MlOps.Data;
using MlOps.Learning.Internal.Encoders;
using MlOps.Scoring;

namespace MlOps.Tests.Learning;

/// <summary>The terms of most rows, against a count of all terms.</summary>
public class TermCountsTests
{
    /// <summary>All runs of neighbouring parts that a vocabulary may have.</summary>
    internal static IEnumerable<string> Runs(IReadOnlyList<string> parts, int least, int most, string between) =>
        from length in Enumerable.Range(least, most - least + 1)
        from first in Enumerable.Range(0, Math.Max(0, parts.Count - length + 1))
        let run = string.Join(between, parts.Skip(first).Take(length))
        where !run.AsSpan().ContainsAnyInRange('\0', '\u0003')
        select run;

    [Theory]
    [InlineData(1, 1 << 20)]
    [InlineData(2, 40)]
    [InlineData(3, 3)]
    [InlineData(4, 1)]
    public void They_are_the_same_with_any_number_at_once(int seed, int atOnce)
    {
        var random = new Random(seed);
        for (var round = 0; round < 150; round++)
        {
            var (words, least, most) = (random.Next(2) == 0, random.Next(1, 4), random.Next(1, 60));
            // Few letters, so that terms repeat; now and then a text of its own, a control character or half a character.
            string[] letters = random.Next(3) == 0 ? ["a", "B", " ", "\u0001", "😀", "\uD800", "ß", "."] : ["a", "b", " ", "c", " "];
            string?[] texts = [.. Enumerable.Range(0, random.Next(1, 25)).Select(_ => random.Next(8) == 0 ? null : string.Concat(random.GetItems(letters, random.Next(0, 30))))];
            var runs = words ? new TermRuns(Tokenizer.Tokens, " ", least, least + random.Next(3)) : new TermRuns(Tokenizer.Characters, "", least, least + random.Next(3));

            var found = new TermCounts(CategoryCounts.Of(Rows.Texts("t", texts)), runs, atOnce).Most(most).Select(term => (term.Text, term.Rows));

            var all = texts.OfType<string>().SelectMany(text => Runs(runs.Parts(text), runs.Least, runs.Most, runs.Between).Distinct(StringComparer.Ordinal)).GroupBy(term => term, StringComparer.Ordinal)
                .Select(term => (Text: term.Key, Rows: term.Count())).ToList();
            var often = all.Where(term => term.Rows >= 2).ToList();
            Assert.Equal((often.Count > 0 ? often : all).OrderByDescending(term => term.Rows).ThenBy(term => term.Text, StringComparer.Ordinal).Take(most), found);
        }
    }
}
