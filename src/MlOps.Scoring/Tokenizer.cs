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
    private static readonly string[] Ascii = [.. Enumerable.Range(0, 128).Select(code => ((char)code).ToString())];

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

    /// <summary>The characters of a text, in order: code points, A to Z lower-cased, and U+FFFD for a lone surrogate.</summary>
    public static IReadOnlyList<string> Characters(string text)
    {
        var lower = new char[text.Length];
        _ = new TokenScanner(text, lower);
        var characters = new List<string>(text.Length);
        foreach (var rune in lower.AsSpan().EnumerateRunes())
        {
            characters.Add(rune.IsAscii ? Ascii[rune.Value] : rune.ToString());
        }

        return characters;
    }
}
