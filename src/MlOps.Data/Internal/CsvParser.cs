namespace MlOps.Data.Internal;

/// <summary>Reads a CSV file chunk by chunk, each chunk while it is warm in the cache; again from the start for columns whose type was misjudged.</summary>
/// <remarks>The byte after the chunk is zero, which ends every scan; the last chunk ends in a newline, so that every record does.</remarks>
internal sealed unsafe partial class CsvParser
{
    private const int ChunkSize = 1 << 18;

    /// <summary>Room behind the chunk for a newline, the zero, and what <see cref="PlainNumber.ScanShort"/> looks at.</summary>
    private const int Slack = 2 + PlainNumber.Ahead;

    private readonly Stream _source;
    private readonly long _start;
    private readonly Schema? _schema;
    private readonly bool _onlyDeclared;
    private readonly CancellationToken _cancellation;
    private readonly CsvFaults _faults;
    private ColumnBuilder[] _columns = [];
    private byte[] _buffer;
    private byte* _base;
    private byte* _end;
    private long _offset;
    private bool _last;
    private long _line;
    private int _row;
    private int _capacity;

    internal CsvParser(Stream source, string path, CsvOptions options, CancellationToken cancellation, int chunkSize = ChunkSize)
    {
        _buffer = GC.AllocateUninitializedArray<byte>(chunkSize + Slack, pinned: true);
        (_source, _start, _schema, _cancellation) = (source, source.Position, options.Schema, cancellation);
        _onlyDeclared = options.OnlyDeclared;
        _faults = new(path, Math.Max(1, options.FaultsPerKind));
    }

    internal Frame Read()
    {
        ReadAll(check: true);
        FinishChecks();
        while (Array.Exists(_columns, column => column.Misjudged))
        {
            Array.ForEach(_columns, column => column.ReadAgain(_row, _capacity));
            ReadAll(check: false);
        }

        return Build();
    }

    private Frame Build() => new([.. _columns.Where(column => !column.IsPassedOver).Select(column => column.Build(_row))]);

    private void ReadAll(bool check)
    {
        Rewind();
        var p = SkipMark();
        if (check)
        {
            CheckDelimiter(p);
        }

        p = ReadHeader(p, check);
        for (var first = true; ; first = false)
        {
            _cancellation.ThrowIfCancellationRequested();
            var (from, line) = ((nint)p, _line);
            p = ReadRecords(p);
            if (check)
            {
                CheckBytes((byte*)from, _last ? _end : p, line);
            }

            if (first && Array.Exists(_columns, column => column.Misjudged))
            {
                // Found out early: cheaper to begin again than to read the whole file twice.
                Array.ForEach(_columns, column => column.Restart(_capacity));
                ReadAll(check);
                return;
            }

            if (_last)
            {
                ReportOpenQuote(p);
                return;
            }

            p = Refill(p);
            if (first)
            {
                ReserveForAll();
            }
        }
    }

    private void Rewind()
    {
        _source.Position = _start;
        (_offset, _line, _row, _last) = (0, 1, 0, false);
        fixed (byte* buffer = _buffer)
        {
            _base = _end = buffer;
        }

        _ = Refill(_base);
    }

    /// <summary>Moves the bytes from <paramref name="keep"/> on to the buffer's start and reads on behind them.</summary>
    private byte* Refill(byte* keep)
    {
        var kept = (int)(_end - keep);
        _offset += keep - _base;
        var target = _buffer;
        if (kept > (_buffer.Length - Slack) / 2)
        {
            if (_buffer.Length > 1 << 29)
            {
                _faults.Add(CsvFault.TooBig, _offset, _line, "a record is longer than 512 MiB", "most likely a quote was opened and never closed",
                    "close the quote");
                _faults.ThrowIfAny();
            }

            target = GC.AllocateUninitializedArray<byte>(_buffer.Length * 2, pinned: true);
        }

        new ReadOnlySpan<byte>(keep, kept).CopyTo(target);
        _buffer = target;
        var length = kept;
        for (int read; length < target.Length - Slack; length += read)
        {
            read = _source.Read(target, length, target.Length - Slack - length);
            if (read == 0)
            {
                _last = true;
                break;
            }
        }

        if (_last && length > 0 && target[length - 1] != '\n')
        {
            target[length++] = (byte)'\n';
        }

        target[length] = 0;
        fixed (byte* buffer = target)
        {
            _base = buffer;
            _end = buffer + length;
        }

        return _base;
    }

    private byte* SkipMark()
    {
        var content = new ReadOnlySpan<byte>(_base, (int)(_end - _base));
        if (content is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            _faults.Add(CsvFault.NotUtf8, 0, 1, "the file is UTF-16, not UTF-8", "it starts with a UTF-16 byte order mark", "save it as UTF-8");
            _faults.ThrowIfAny();
        }

        var start = content is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0;
        if (content[start..].Trim("\r\n"u8).IsEmpty && _last)
        {
            _faults.Add(CsvFault.Empty, 0, 1, "the file is empty", null, "give it a header and rows");
            _faults.ThrowIfAny();
        }

        return _base + start;
    }

    /// <summary>Takes memory for as many rows as the rest of the file has lines: counting them costs less than growing or trimming columns.</summary>
    private void ReserveForAll()
    {
        var lines = (long)_row + new ReadOnlySpan<byte>(_base, (int)(_end - _base)).Count((byte)'\n');
        var buffer = new byte[ChunkSize];
        var position = _source.Position;
        var last = (byte)'\n';
        for (int read; (read = _source.Read(buffer)) > 0; last = buffer[read - 1])
        {
            lines += buffer.AsSpan(0, read).Count((byte)'\n');
        }

        _source.Position = position;
        // Exact where every record is a line: then no column is cut to size, which would copy it.
        Reserve((int)Math.Min(lines + (last == '\n' ? 0 : 1), Array.MaxLength));
    }

    private void Reserve(int rows)
    {
        if (rows > _capacity)
        {
            _capacity = rows;
            Array.ForEach(_columns, column => column.Reserve(rows));
        }
    }
}
