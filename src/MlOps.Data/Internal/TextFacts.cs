namespace MlOps.Data.Internal;

/// <summary>Counts over the cells of a string column that are not missing.</summary>
/// <param name="Cells">Cells that are not missing.</param>
/// <param name="Distinct">Different texts among them.</param>
/// <param name="WithBlanks">Cells with white space in them.</param>
/// <param name="MeanWords">Words per cell; words are separated by white space.</param>
internal sealed record TextFacts(int Cells, int Distinct, int WithBlanks, double MeanWords)
{
    internal static TextFacts Of(StringColumn column)
    {
        var counts = new int[column.Dictionary.Length];
        foreach (var code in column.Codes)
        {
            if (code >= 0)
            {
                counts[code]++;
            }
        }

        var (cells, distinct, blanks, words) = (0, 0, 0, 0L);
        for (var code = 0; code < counts.Length; code++)
        {
            if (counts[code] == 0)
            {
                continue;
            }

            var text = column.Dictionary[code];
            cells += counts[code];
            distinct++;
            blanks += text.Any(char.IsWhiteSpace) ? counts[code] : 0;
            words += (long)counts[code] * CountWords(text);
        }

        return new(cells, distinct, blanks, cells == 0 ? 0 : (double)words / cells);
    }

    private static int CountWords(string text)
    {
        var (count, inside) = (0, false);
        foreach (var c in text)
        {
            var word = !char.IsWhiteSpace(c);
            count += word && !inside ? 1 : 0;
            inside = word;
        }

        return count;
    }
}
