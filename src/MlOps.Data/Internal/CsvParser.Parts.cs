namespace MlOps.Data.Internal;

/// <content>A table part by part; every column is declared or passed over, so that nothing has to be read again.</content>
internal sealed unsafe partial class CsvParser
{
    /// <summary>Where the next part starts in the chunk; null before the first.</summary>
    private byte* _next;

    /// <summary>Rows of the parts before this one.</summary>
    private long _rowsBefore;

    /// <summary>The next rows; null after the last.</summary>
    internal Frame? ReadPart()
    {
        do
        {
            _cancellation.ThrowIfCancellationRequested();
            if (_next != null && _last)
            {
                return null;
            }

            var from = _next == null ? Open() : Refill(_next);
            StartPart();
            var line = _line;
            _next = ReadRecords(from);
            CheckBytes(from, _last ? _end : _next, line);
            if (_last)
            {
                ReportOpenQuote(_next);
                CheckAnyRow();
            }

            CheckRange();
            _faults.ThrowIfAny();
        }
        while (_row == 0);
        return Build();
    }

    private byte* Open()
    {
        Rewind();
        var p = SkipMark();
        CheckDelimiter(p);
        p = ReadHeader(p, check: true);
        _faults.ThrowIfAny();
        return p;
    }

    private void StartPart()
    {
        _rowsBefore += _row;
        (_row, _capacity) = (0, 0);
        _columns = Array.ConvertAll(_columns, column => column.Emptied());
    }
}
