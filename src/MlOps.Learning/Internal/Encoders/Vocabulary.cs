using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Learning.Internal.Encoders;

/// <summary>Chooses the terms that a text feature counts, and their weights.</summary>
internal static class Vocabulary
{
    // A term of a single row says nothing of others.
    private const int LeastRows = 2;

    private const int MostTerms = 50_000;
    private const int MostTermsOfTrees = 500;

    /// <summary>An encoder for runs of words and one for runs of characters, as the feature says.</summary>
    /// <returns>None where there is no term at all.</returns>
    public static IEnumerable<Encoder> Encoders(StringColumn column, TextFeature options, bool linear)
    {
        var most = options.Terms ?? (linear ? MostTerms : MostTermsOfTrees);
        var words = options.WordRange is { } w ? Fit(column, text => Tokenizer.Terms(text, w.Least, w.Most), most) : null;
        var characters = options.CharacterRange is { } c ? Fit(column, text => Tokenizer.Characters(text, c.Least, c.Most), most) : null;
        return new[] { words, characters is null ? null : characters with { Characters = true } }.OfType<Encoder>();
    }

    /// <summary>The terms of most rows (ties ordinal), in ordinal order, each with the inverse document frequency ln((1 + rows) / (1 + rows with it))
    /// + 1.</summary>
    /// <returns>Null where there is no term at all.</returns>
    private static TextEncoder? Fit(StringColumn column, Func<string, IReadOnlyList<string>> terms, int most)
    {
        var rows = CategoryCounts.Of(column);
        var frequencies = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var text = 0; text < rows.Texts.Length; text++)
        {
            if (rows.Counts[text] > 0)
            {
                foreach (var term in terms(rows.Texts[text]).Distinct(StringComparer.Ordinal))
                {
                    frequencies[term] = frequencies.GetValueOrDefault(term) + rows.Counts[text];
                }
            }
        }

        var least = frequencies.Values.Any(f => f >= LeastRows) ? LeastRows : 1;
        var chosen = frequencies.Where(f => f.Value >= least)
            .OrderByDescending(f => f.Value).ThenBy(f => f.Key, StringComparer.Ordinal)
            .Take(most)
            .OrderBy(f => f.Key, StringComparer.Ordinal)
            .ToList();
        return chosen.Count == 0 ? null : new(column.Name, [.. chosen.Select(f => f.Key)],
            [.. chosen.Select(f => (float)(DeterministicMath.Log((1.0 + column.Length) / (1.0 + f.Value)) + 1))]);
    }
}
