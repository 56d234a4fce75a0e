using System.Buffers;
using MlOps.Data;

namespace MlOps.Scoring.Internal;

/// <summary>A text encoder ready to run: terms are found without making strings.</summary>
internal sealed class TextEncoding
{
    private readonly TextEncoder _encoder;

    // Every token that stands in some term, numbered; then single terms and pairs by their numbers.
    private readonly Dictionary<string, int> _tokens = new(StringComparer.Ordinal);
    private readonly List<int> _single = [];
    private readonly Dictionary<(int First, int Second), int> _pairs = [];
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    public TextEncoding(TextEncoder encoder)
    {
        _encoder = encoder;
        for (var i = 0; i < encoder.Terms.Length; i++)
        {
            var parts = encoder.Terms[i].Split(' ');
            if (parts.Length == 1)
            {
                _single[Number(parts[0])] = i;
            }
            else
            {
                _pairs[(Number(parts[0]), Number(parts[1]))] = i;
            }
        }

        _bySpan = _tokens.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public string Column => _encoder.Column;

    public int Width => _encoder.Terms.Length;

    public static bool Takes(Column column) => column is StringColumn;

    /// <summary>Appends a row's entries, ascending by feature, their indices shifted by <paramref name="offset"/>.</summary>
    public void Encode(Column column, int row, int offset, SparseBuilder rows)
    {
        if (column is not StringColumn { Codes: var codes, Dictionary: var texts } || codes[row] == StringColumn.Missing)
        {
            return;
        }

        Encode(texts[codes[row]], offset, rows);
    }

    /// <summary>As <see cref="Encode(MlOps.Data.Column, int, int, SparseBuilder)"/>, of a text.</summary>
    public void Encode(ReadOnlySpan<char> text, int offset, SparseBuilder rows)
    {
        var lower = ArrayPool<char>.Shared.Rent(text.Length);
        var found = ArrayPool<int>.Shared.Rent(text.Length * 2);
        var count = Find(text, lower, found);
        Append(found.AsSpan(0, count), offset, rows);
        ArrayPool<char>.Shared.Return(lower);
        ArrayPool<int>.Shared.Return(found);
    }

    private int Find(ReadOnlySpan<char> text, char[] lower, int[] found)
    {
        var (count, previous) = (0, -1);
        foreach (var range in new TokenScanner(text, lower))
        {
            if (!_bySpan.TryGetValue(lower.AsSpan()[range], out var token))
            {
                previous = -1;
                continue;
            }

            if (_single[token] >= 0)
            {
                found[count++] = _single[token];
            }

            if (previous >= 0 && _pairs.TryGetValue((previous, token), out var pair))
            {
                found[count++] = pair;
            }

            previous = token;
        }

        return count;
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

    private int Number(string token)
    {
        if (!_tokens.TryGetValue(token, out var number))
        {
            number = _single.Count;
            _tokens.Add(token, number);
            _single.Add(-1);
        }

        return number;
    }
}
