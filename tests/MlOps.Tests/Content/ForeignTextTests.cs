using System.Globalization;
using System.Text;
using MlOps.Content;

namespace MlOps.Tests.Content;

/// <summary>What others wrote, as a terminal may see it.</summary>
public sealed class ForeignTextTests
{
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    [Theory]
    [InlineData("", "")]
    [InlineData("plain words, 1 + 2 = 3", "plain words, 1 + 2 = 3")]
    [InlineData("Grüße, 東京 und 🚀", "Grüße, 東京 und 🚀")]
    [InlineData("two\nlines\tand\r\none", "two lines and  one")]
    [InlineData("\u001b[2Jgone\u0007", "?[2Jgone?")]
    [InlineData("a\u202egnp.exe", "a?gnp.exe")]
    [InlineData("a\u2028b\u2029c\u200bd\u00ade", "a?b?c?d?e")]
    [InlineData("\u009b31m\u007f", "?31m?")]
    [InlineData("tag \U000E0041 within", "tag ?? within")]
    public void What_a_terminal_obeys_is_replaced(string text, string shown) => Assert.Equal(shown, ForeignText.Shown(text));

    [Theory]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdef", 5, "abcde…")]
    [InlineData("ab🚀cd", 3, "ab…")]
    [InlineData("ab🚀cd", 4, "ab🚀…")]
    [InlineData("🚀", 1, "…")]
    [InlineData("a\nb", 2, "a …")]
    public void Long_texts_are_cut_between_characters(string text, int atMost, string shown) => Assert.Equal(shown, ForeignText.Shown(text, atMost));

    [Fact]
    public void Nothing_that_is_shown_is_obeyed()
    {
        var letters = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Create(letters.Next(0, 12), letters, static (span, random) =>
            {
                foreach (ref var c in span)
                {
                    c = (char)(random.Next(4) == 0 ? random.Next(0xd800, 0xe000) : random.Next(0x10000));
                }
            });
            var shown = ForeignText.Shown(text, 8);
            Assert.True(shown.Length <= 9);
            foreach (var rune in shown.EnumerateRunes())
            {
                Assert.False(CategoryOf(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse, $"U+{rune.Value:X} of {string.Join(' ', text.Select(c => $"{(int)c:X4}"))}");
            }

            // Half a pair would throw.
            s_strict.GetByteCount(shown);
        }

        static UnicodeCategory CategoryOf(Rune rune) => Rune.GetUnicodeCategory(rune);
    }
}
