namespace MlOps.Data.Internal;

/// <summary>Tells that a file was not written with commas: its header has none, and another sign stands outside of quotes there and in every row.</summary>
internal sealed class CsvDelimiter
{
    private bool _semicolons = true;
    private bool _tabs = true;
    private int _rows;
    private bool _isQuoted;
    private bool _isEmpty = true;
    private (bool Comma, bool Semicolon, bool Tab) _seen;

    /// <summary>Whether rows that are still to come matter.</summary>
    internal bool IsPossible => _semicolons || _tabs;

    /// <summary>Semicolon or tab, if it is such a file by the rows seen; else null.</summary>
    internal byte? Found => _rows < 2 ? null : _semicolons ? (byte)';' : _tabs ? (byte)'\t' : null;

    /// <summary>Looks at more of the file, from the header on; a row counts when its line end was seen.</summary>
    internal void Look(ReadOnlySpan<byte> content)
    {
        for (var i = 0; i < content.Length && IsPossible; i++)
        {
            var sign = content[i];
            if (sign is (byte)'\n' or (byte)'\r' && !_isQuoted)
            {
                EndRow();
                continue;
            }

            _isEmpty = false;
            _isQuoted ^= sign == '"';
            _seen.Comma |= sign == ',' && !_isQuoted;
            _seen.Semicolon |= sign == ';' && !_isQuoted;
            _seen.Tab |= sign == '\t' && !_isQuoted;
        }
    }

    private void EndRow()
    {
        if (!_isEmpty)
        {
            var isPlainHeader = _rows == 0 && _seen.Comma;
            _semicolons &= _seen.Semicolon && !isPlainHeader;
            _tabs &= _seen.Tab && !isPlainHeader;
            _rows++;
        }

        (_isEmpty, _seen) = (true, default);
    }
}
