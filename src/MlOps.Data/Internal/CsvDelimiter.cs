namespace MlOps.Data.Internal;

/// <summary>Tells that a file was not written with commas.</summary>
internal static class CsvDelimiter
{
    /// <summary>The sign, semicolon or tab, that stands outside of quotes in the header, which has no comma there, and in every row; null if there is
    /// none.</summary>
    /// <param name="content">From the header on; what follows the last line end is not looked at.</param>
    internal static byte? Other(ReadOnlySpan<byte> content)
    {
        var (semicolons, tabs, rows) = (true, true, 0);
        var (isQuoted, isEmpty) = (false, true);
        var (comma, semicolon, tab) = (false, false, false);
        for (var i = 0; i < content.Length && (semicolons || tabs); i++)
        {
            var sign = content[i];
            if (sign is (byte)'\n' or (byte)'\r' && !isQuoted)
            {
                semicolons &= isEmpty || (semicolon && !(rows == 0 && comma));
                tabs &= isEmpty || (tab && !(rows == 0 && comma));
                rows += isEmpty ? 0 : 1;
                (isEmpty, comma, semicolon, tab) = (true, false, false, false);
                continue;
            }

            isEmpty = false;
            isQuoted ^= sign == '"';
            comma |= sign == ',' && !isQuoted;
            semicolon |= sign == ';' && !isQuoted;
            tab |= sign == '\t' && !isQuoted;
        }

        return rows < 2 ? null : semicolons ? (byte)';' : tabs ? (byte)'\t' : null;
    }
}
