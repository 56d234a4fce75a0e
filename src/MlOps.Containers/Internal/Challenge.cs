namespace MlOps.Containers.Internal;

/// <summary>What a 401 asks for: a scheme and its parameters. RFC 9110, 11.6.1.</summary>
/// <param name="Scheme">In lower case: <c>basic</c> or <c>bearer</c>.</param>
/// <param name="Parameters">By name in lower case.</param>
internal sealed record Challenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    /// <summary>The challenges of some <c>WWW-Authenticate</c> values; what is not well formed is passed over.</summary>
    public static IReadOnlyList<Challenge> Parse(IEnumerable<string> values)
    {
        var challenges = new List<Challenge>();
        foreach (var value in values)
        {
            new Reader(value, challenges).Read();
        }

        return challenges;
    }

    private ref struct Reader(ReadOnlySpan<char> rest, List<Challenge> challenges)
    {
        private ReadOnlySpan<char> _rest = rest;
        private Dictionary<string, string>? _parameters;

        public void Read()
        {
            while (true)
            {
                _rest = _rest.TrimStart(" \t,");
                var name = Token().ToLowerInvariant();
                if (name.Length == 0)
                {
                    return;
                }

                _rest = _rest.TrimStart();
                if (_rest is ['=', ..] && _parameters is not null)
                {
                    _rest = _rest[1..].TrimStart();
                    _parameters[name] = _rest is ['"', ..] ? Quoted() : Token();
                }
                else
                {
                    _parameters = new(StringComparer.Ordinal);
                    challenges.Add(new(name, _parameters));
                }
            }
        }

        private string Token()
        {
            var end = _rest.IndexOfAny(" \t,=\"");
            var token = end < 0 ? _rest : _rest[..end];
            _rest = _rest[token.Length..];
            return token.ToString();
        }

        private string Quoted()
        {
            var text = new System.Text.StringBuilder();
            var at = 1;
            for (; at < _rest.Length && _rest[at] != '"'; at++)
            {
                at += _rest[at] == '\\' && at + 1 < _rest.Length ? 1 : 0;
                text.Append(_rest[at]);
            }

            _rest = _rest[Math.Min(at + 1, _rest.Length)..];
            return text.ToString();
        }
    }
}
