namespace MlOps.Scoring.Internal;

/// <summary>Finds the tokens of a text one after the other; the lower-cased text lands in a buffer of at least its length, where the ranges lie.</summary>
internal ref struct TokenScanner
{
    private readonly ReadOnlySpan<char> _text;
    private int _next;

    public TokenScanner(ReadOnlySpan<char> text, Span<char> lower)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            lower[i] = char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;
        }

        _text = text;
    }

    public Range Current { get; private set; }

    public readonly TokenScanner GetEnumerator() => this;

    public bool MoveNext()
    {
        while (_next < _text.Length)
        {
            var start = _next;
            switch (Read())
            {
                case TokenClass.Sign:
                    Current = start.._next;
                    return true;
                case TokenClass.Word:
                    var end = _next;
                    while (end < _text.Length && Read() == TokenClass.Word)
                    {
                        end = _next;
                    }

                    _next = end;
                    Current = start..end;
                    return true;
            }
        }

        return false;
    }

    // A lone surrogate separates, as the replacement character does that it becomes in UTF-8.
    private byte Read()
    {
        var c = _text[_next++];
        if (!char.IsSurrogate(c))
        {
            return TokenClass.Of(c);
        }

        if (char.IsHighSurrogate(c) && _next < _text.Length && char.IsLowSurrogate(_text[_next]))
        {
            return TokenClass.OfSupplementary(char.ConvertToUtf32(c, _text[_next++]));
        }

        return TokenClass.Separator;
    }
}
