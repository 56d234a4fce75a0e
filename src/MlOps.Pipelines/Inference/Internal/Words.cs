using System.Globalization;

namespace MlOps.Pipelines.Inference.Internal;

/// <summary>Splits names into words and prints numbers the same everywhere.</summary>
internal static class Words
{
    internal static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>The words of a name, in lower case: closed_at, closedAt and Closed-At all give closed, at.</summary>
    internal static IEnumerable<string> Of(string name)
    {
        var start = 0;
        for (var i = 1; i <= name.Length; i++)
        {
            if (i == name.Length || !char.IsLetterOrDigit(name[i]) || (char.IsUpper(name[i]) && char.IsLower(name[i - 1])))
            {
                var word = name[start..i].Trim('_', '-', '.', ' ', '/', '(', ')');
                if (word.Length > 0)
                {
                    yield return word.ToLowerInvariant();
                }

                start = i;
            }
        }
    }
}
