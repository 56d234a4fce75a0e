using System.Globalization;

namespace MlOps.Packaging.Internal;

/// <summary>Shows what others wrote: short, on one line, and without characters that a terminal obeys.</summary>
internal static class Foreign
{
    public static string Shown(string text, int atMost = 64) =>
        new string([.. text.Take(atMost).Select(c => IsPlain(c) ? c : '?')]) + (text.Length > atMost ? "…" : "");

    private static bool IsPlain(char c) => char.GetUnicodeCategory(c) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse);
}
