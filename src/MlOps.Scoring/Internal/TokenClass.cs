using System.Globalization;

namespace MlOps.Scoring.Internal;

/// <summary>Which code points make words, which are tokens by themselves, and the regular expression (RE2) that says the same.</summary>
internal static class TokenClass
{
    public const byte Separator = 0;
    public const byte Word = 1;
    public const byte Sign = 2;

    private static readonly (int First, int Last)[] Words =
    [
        ('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z'), (0xAA, 0xAA), (0xB5, 0xB5), (0xBA, 0xBA), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x1FFF),
        (0x2C00, 0x2DFF), (0xA000, 0xD7FF), (0xFB00, 0xFDFF), (0xFE70, 0xFEFC), (0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A),
        (0xFFA0, 0xFFDC), (0x10000, 0x1EFFF),
    ];

    private static readonly (int First, int Last)[] Signs =
    [
        ('!', '!'), ('#', '&'), ('?', '@'), (0xA2, 0xA5), (0x20A0, 0x20CF), (0x2190, 0x2BFF), (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3041, 0x30FF),
        (0x31F0, 0x31FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x1F000, 0x1FFFF), (0x20000, 0x3FFFF),
    ];

    private static readonly byte[] Bmp = Table();

    /// <summary>What the graph's Tokenizer finds tokens by.</summary>
    public static string Expression { get; } = $"[{Ranges(Words)}]+|[{Ranges(Signs)}]";

    /// <summary>The class of a character outside the surrogates.</summary>
    public static byte Of(char c) => Bmp[c];

    /// <summary>The class of a code point above 0xFFFF.</summary>
    public static byte OfSupplementary(int codePoint) =>
        codePoint <= 0x1EFFF ? Word : codePoint <= 0x3FFFF ? Sign : Separator;

    private static byte[] Table()
    {
        var table = new byte[0x10000];
        Mark(Words, Word);
        Mark(Signs, Sign);
        return table;

        void Mark((int First, int Last)[] ranges, byte kind)
        {
            foreach (var (first, last) in ranges.Where(r => r.First <= 0xFFFF))
            {
                table.AsSpan(first, last - first + 1).Fill(kind);
            }
        }
    }

    private static string Ranges((int First, int Last)[] ranges) => string.Concat(ranges.Select(range =>
        string.Create(CultureInfo.InvariantCulture, $"\\x{{{range.First:X}}}-\\x{{{range.Last:X}}}")));
}
