using MlOps.Scoring.Internal;

namespace MlOps.Scoring;

/// <summary>Splits texts into the terms that <see cref="TextEncoder"/> counts, as the ONNX graph does.</summary>
/// <remarks>
/// The letters A to Z are lower-cased, no others (ONNX Runtime's StringNormalizer in the locale C). A token is a maximal run of word
/// characters (letters, digits, underscore, combining marks), or one sign by itself: <c>! # $ % &amp; ? @</c>, a currency, an arrow or
/// symbol, an emoji, an ideograph or kana. Everything else separates. Which character is which stands in fixed ranges of code points,
/// which the graph's Tokenizer expression names as well: no Unicode table of some version has a say.
/// </remarks>
public static class Tokenizer
{
    /// <summary>The tokens of a text, in order.</summary>
    public static IReadOnlyList<string> Tokens(string text)
    {
        var tokens = new List<string>();
        var lower = new char[text.Length];
        foreach (var token in new TokenScanner(text, lower))
        {
            tokens.Add(new(lower.AsSpan()[token]));
        }

        return tokens;
    }

    /// <summary>The tokens of a text in order, then each pair of neighbours with a blank between.</summary>
    public static IReadOnlyList<string> Terms(string text) => Terms(text, 1, 2);

    /// <summary>The runs of neighbouring tokens with blanks between, the shortest first, else in order.</summary>
    /// <param name="least">Tokens of the shortest run, at least 1.</param>
    /// <param name="most">Tokens of the longest run.</param>
    public static IReadOnlyList<string> Terms(string text, int least, int most) => Runs(Tokens(text), least, most, " ");

    /// <summary>The runs of neighbouring characters (code points; A to Z lower-cased, a lone surrogate is U+FFFD), the shortest first, else in order.</summary>
    /// <remarks>None holds U+0000 to U+0003, by which ONNX Runtime marks where texts begin and end.</remarks>
    /// <param name="least">Characters of the shortest run, at least 1.</param>
    /// <param name="most">Characters of the longest run.</param>
    public static IReadOnlyList<string> Characters(string text, int least, int most)
    {
        var lower = new char[text.Length];
        _ = new TokenScanner(text, lower);
        var characters = new List<string>(text.Length);
        foreach (var rune in lower.AsSpan().EnumerateRunes())
        {
            characters.Add(rune.ToString());
        }

        return [.. Runs(characters, least, most, "").Where(run => !run.AsSpan().ContainsAnyInRange('\0', '\u0003'))];
    }

    private static List<string> Runs(IReadOnlyList<string> parts, int least, int most, string between)
    {
        var runs = new List<string>(parts.Count * (most - least + 1));
        for (var length = least; length <= most; length++)
        {
            for (var first = 0; first + length <= parts.Count; first++)
            {
                runs.Add(length == 1 ? parts[first] : string.Join(between, parts.Skip(first).Take(length)));
            }
        }

        return runs;
    }
}
