namespace MlOps.Data.Internal;

/// <summary>Splits column names into words.</summary>
internal static class NameWords
{
    /// <summary>Where the last word starts: after the last character that is neither letter nor digit, or at the last capital that follows a small
    /// letter.</summary>
    internal static int LastStart(string name)
    {
        for (var i = name.Length - 1; i > 0; i--)
        {
            if (!char.IsLetterOrDigit(name[i - 1]) || (char.IsUpper(name[i]) && char.IsLower(name[i - 1])))
            {
                return i;
            }
        }

        return 0;
    }
}
