using System.Buffers;
using System.Text;
using MlOps.Data;

namespace MlOps.Scoring.Internal;

/// <summary>A text encoder ready to run: terms are found without making strings.</summary>
internal sealed class TextEncoding : SparseEncoding
{
    private readonly TextEncoder _encoder;

    // Every token that stands in some term, numbered; a character is its code point.
    private readonly Dictionary<string, int> _tokens = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    // A tree of tokens: from a node, 0 is the root, by a token to the next; at some nodes a term ends.
    private readonly Dictionary<(int Node, int Token), int> _next = [];
    private readonly List<int> _terms = [-1];
    private readonly int _longest = 1;

    public TextEncoding(TextEncoder encoder)
        : base(encoder)
    {
        _encoder = encoder;
        for (var i = 0; i < encoder.Terms.Length; i++)
        {
            var parts = encoder.Parts(encoder.Terms[i]);
            var node = 0;
            foreach (var part in parts)
            {
                node = Next(node, encoder.Characters ? Rune.GetRuneAt(part, 0).Value : Number(part));
            }

            _terms[node] = i;
            _longest = Math.Max(_longest, parts.Length);
        }

        _bySpan = _tokens.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public override string Wanted => "texts";

    public override bool Takes(Column column) => column is StringColumn;

    public override void Encode(Column column, int row, int offset, SparseBuilder rows)
    {
        if (column is not StringColumn { Codes: var codes, Dictionary: var texts } || codes[row] == StringColumn.Missing)
        {
            return;
        }

        Encode(texts[codes[row]], offset, rows);
    }

    public override void Encode(ReadOnlySpan<char> text, int offset, SparseBuilder rows)
    {
        var lower = ArrayPool<char>.Shared.Rent(text.Length);
        var found = ArrayPool<int>.Shared.Rent(text.Length * _longest);
        var count = Find(text, lower, found);
        Append(found.AsSpan(0, count), offset, rows);
        ArrayPool<char>.Shared.Return(lower);
        ArrayPool<int>.Shared.Return(found);
    }

    private int Find(ReadOnlySpan<char> text, char[] lower, int[] found)
    {
        var scanner = new TokenScanner(text, lower);
        Span<int> begun = stackalloc int[_longest + 1];
        var (terms, nodes) = (0, 0);
        if (_encoder.Characters)
        {
            foreach (var rune in lower.AsSpan(0, text.Length).EnumerateRunes())
            {
                Follow(rune.Value, begun, ref nodes, found, ref terms);
            }

            return terms;
        }

        foreach (var range in scanner)
        {
            Follow(_bySpan.TryGetValue(lower.AsSpan()[range], out var token) ? token : -1, begun, ref nodes, found, ref terms);
        }

        return terms;
    }

    // All that has begun goes on with the token or ends, and another may begin.
    private void Follow(int token, Span<int> begun, ref int nodes, int[] found, ref int terms)
    {
        begun[nodes++] = 0;
        var kept = 0;
        foreach (var node in begun[..nodes])
        {
            if (_next.TryGetValue((node, token), out var next))
            {
                begun[kept++] = next;
                if (_terms[next] >= 0)
                {
                    found[terms++] = _terms[next];
                }
            }
        }

        nodes = kept;
    }

    // n × weight, then divided by the Euclidean length in the very order and rounding of ONNX Runtime's Normalizer: a threshold
    // of a tree must fall the same way on both sides.
    private void Append(Span<int> found, int offset, SparseBuilder rows)
    {
        found.Sort();
        var first = rows.Count;
        var squares = 0f;
        for (var i = 0; i < found.Length;)
        {
            var (term, n) = (found[i], 0);
            for (; i < found.Length && found[i] == term; i++)
            {
                n++;
            }

            var value = n * _encoder.Weights[term];
            squares += value * value;
            rows.Add(offset + term, value);
        }

        if (squares != 0)
        {
            foreach (ref var value in rows.ValuesFrom(first))
            {
                var length = (float)Math.Sqrt(value * value / squares);
                value = value < 0 ? -length : length;
            }
        }
    }

    private int Next(int node, int token)
    {
        if (!_next.TryGetValue((node, token), out var next))
        {
            next = _terms.Count;
            _next.Add((node, token), next);
            _terms.Add(-1);
        }

        return next;
    }

    private int Number(string token)
    {
        if (!_tokens.TryGetValue(token, out var number))
        {
            number = _tokens.Count;
            _tokens.Add(token, number);
        }

        return number;
    }
}
