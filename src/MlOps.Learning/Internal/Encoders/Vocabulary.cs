using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Learning.Internal.Encoders;

/// <summary>Chooses the terms that a text feature counts, and their weights.</summary>
internal static class Vocabulary
{
    private const int MostTerms = 50_000;
    private const int MostTermsOfTrees = 500;

    /// <summary>An encoder for runs of words and one for runs of characters, as the feature says.</summary>
    /// <returns>None where there is no term at all.</returns>
    public static IEnumerable<Encoder> Encoders(StringColumn column, TextFeature options, bool linear)
    {
        var most = options.Terms ?? (linear ? MostTerms : MostTermsOfTrees);
        var words = options.WordRange is { } w ? Fit(column, new(Tokenizer.Tokens, " ", w.Least, w.Most), most) : null;
        var characters = options.CharacterRange is { } c ? Fit(column, new(Tokenizer.Characters, "", c.Least, c.Most), most) : null;
        return new[] { words, characters is null ? null : characters with { Characters = true } }.OfType<Encoder>();
    }

    /// <summary>The terms of most rows, in ordinal order, each with the inverse document frequency ln((1 + rows) / (1 + rows with it)) + 1.</summary>
    /// <returns>Null where there is no term at all.</returns>
    private static TextEncoder? Fit(StringColumn column, TermRuns runs, int most)
    {
        var chosen = new TermCounts(CategoryCounts.Of(column), runs).Most(most).OrderBy(term => term.Text, StringComparer.Ordinal).ToList();
        return chosen.Count == 0 ? null : new(column.Name, [.. chosen.Select(term => term.Text)],
            [.. chosen.Select(term => (float)(DeterministicMath.Log((1.0 + column.Length) / (1.0 + term.Rows)) + 1))]);
    }
}
