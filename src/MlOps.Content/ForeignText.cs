using System.Globalization;

namespace MlOps.Content;

/// <summary>Shows what others wrote: on one line, cut where it is long, and without what a terminal obeys or what turns letters round.</summary>
public static class ForeignText
{
    /// <summary>The text with blanks for tabs and line breaks, and <c>?</c> for every other character that does not print; <c>…</c> stands for what is cut.</summary>
    /// <param name="text">Somebody else's.</param>
    /// <param name="atMost">The characters that are shown.</param>
    public static string Shown(string text, int atMost = int.MaxValue)
    {
        // A loop: tables are the last thing that a quick command prints, and nearly all of them are plain.
        var isPlain = text.Length <= atMost;
        for (var i = 0; isPlain && i < text.Length; i++)
        {
            isPlain = text[i] is >= ' ' and < '\u007f' || !IsObeyed(text, i);
        }

        if (isPlain)
        {
            return text;
        }

        var length = Math.Min(text.Length, atMost);
        // Half of a pair would print as rubbish.
        length -= length > 0 && length < text.Length && char.IsHighSurrogate(text[length - 1]) ? 1 : 0;
        return string.Create(length + (length < text.Length ? 1 : 0), (text, length), static (shown, from) =>
        {
            for (var i = 0; i < from.length; i++)
            {
                var c = from.text[i];
                shown[i] = c is '\t' or '\n' or '\r' ? ' ' : IsObeyed(from.text, i) ? '?' : c;
            }

            if (shown.Length > from.length)
            {
                shown[^1] = '…';
            }
        });
    }

    private static bool IsObeyed(string text, int index) => char.GetUnicodeCategory(text[index]) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse => true,
        // Both halves of a pair that prints stay.
        UnicodeCategory.Surrogate => char.IsHighSurrogate(text[index])
            ? index + 1 >= text.Length || !char.IsLowSurrogate(text[index + 1]) || CharUnicodeInfo.GetUnicodeCategory(text, index) is UnicodeCategory.Format or UnicodeCategory.PrivateUse
            : index == 0 || !char.IsHighSurrogate(text[index - 1]) || CharUnicodeInfo.GetUnicodeCategory(text, index - 1) is UnicodeCategory.Format or UnicodeCategory.PrivateUse,
        _ => false,
    };
}
