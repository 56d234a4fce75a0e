namespace MlOps.Scoring;

/// <summary>Splits texts into the terms that <see cref="TextEncoder"/> counts.</summary>
public static class Tokenizer
{
    /// <summary>The tokens of a text, in order.</summary>
    public static IReadOnlyList<string> Tokens(string text) => throw new NotSupportedException();

    /// <summary>The tokens of a text, then each pair of neighbours with a blank between.</summary>
    public static IReadOnlyList<string> Terms(string text) => throw new NotSupportedException();
}
