using System.Globalization;
using System.Runtime.CompilerServices;
using MlOps.Data;

namespace MlOps.Scoring.Internal;

/// <summary>Finds a cell's category by its text, without making the text where the column holds numbers.</summary>
internal sealed class CategoryIndex
{
    public const int Missing = -1;
    public const int Unknown = -2;

    private readonly Dictionary<string, int> _byText = new(StringComparer.Ordinal);

    // Categories that are a number's canonical text, by the number's bits.
    private readonly Dictionary<long, int> _byNumber = [];
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly int _false;
    private readonly int _true;

    public CategoryIndex(string[] categories)
    {
        for (var i = 0; i < categories.Length; i++)
        {
            var text = categories[i];
            if (text.Length == 0)
            {
                continue; // the empty text is a missing cell, not a category of its own
            }

            _byText.TryAdd(text, i);
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && CellText.Of(number) == text)
            {
                _byNumber.TryAdd(Bits(number), i);
            }
        }

        _bySpan = _byText.GetAlternateLookup<ReadOnlySpan<char>>();
        (_false, _true) = (Of("false"), Of("true"));
    }

    public Lookup Cells(Column column) => new(this, column);

    // Adding zero makes −0 the 0 that its text says it is.
    private static long Bits(double value) => BitConverter.DoubleToInt64Bits(value + 0.0);

    /// <summary>The category of a text; the empty one is missing.</summary>
    public int Of(ReadOnlySpan<char> text) => text.IsEmpty ? Missing : _bySpan.TryGetValue(text, out var index) ? index : Unknown;

    /// <summary>The categories of one column's cells.</summary>
    internal readonly struct Lookup
    {
        private readonly CategoryIndex _index;
        private readonly Column _column;

        // Per text of the column's dictionary, where there are fewer texts than rows.
        private readonly int[]? _byCode;

        public Lookup(CategoryIndex index, Column column)
        {
            (_index, _column) = (index, column);
            if (column is StringColumn { Dictionary: var texts } && texts.Length <= column.Length)
            {
                _byCode = Array.ConvertAll(texts, text => index.Of(text));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public int At(int row) => _column switch
        {
            StringColumn { Codes: var codes } when codes[row] == StringColumn.Missing => Missing,
            StringColumn { Codes: var codes } when _byCode is not null => _byCode[codes[row]],
            StringColumn { Codes: var codes, Dictionary: var texts } => _index.Of(texts[codes[row]]),
            NumberColumn { Values: var values } => double.IsNaN(values[row]) ? Missing
                : _index._byNumber.TryGetValue(Bits(values[row]), out var i) ? i : Unknown,
            BooleanColumn { Values: var values } => values[row] switch { 0 => _index._false, 1 => _index._true, _ => Missing },
            _ => _index.Of(_column.Text(row)),
        };
    }
}
