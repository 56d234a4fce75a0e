using System.Text;

namespace MlOps.Data.Internal;

/// <summary>What a column under construction takes its cells for.</summary>
internal enum CellMode
{
    /// <summary>Nothing but missing cells so far.</summary>
    Unknown,

    /// <summary>All cells so far are numbers.</summary>
    Number,

    /// <summary>All cells so far are true or false.</summary>
    Boolean,

    /// <summary>All cells so far are dates or times.</summary>
    Timestamp,

    /// <summary>Text.</summary>
    Text,

    /// <summary>Finished, or to be read again as text: cells are passed over.</summary>
    Skip,
}

/// <summary>Collects one column's cells and finds their type on the way.</summary>
/// <param name="name">The header's text.</param>
/// <param name="declared">Its type; null to find it.</param>
/// <param name="isPassedOver">Whether its cells are not wanted.</param>
internal sealed class ColumnBuilder(string name, ColumnType? declared, bool isPassedOver = false)
{
    private readonly TextTable _texts = new();
    private byte[] _truths = [];
    private long[] _times = [];
    private int[] _codes = [];
    private Column? _finished;

    /// <summary>The cells in <see cref="CellMode.Number"/>.</summary>
    internal double[] Numbers = [];

    /// <summary>What all numbers so far were.</summary>
    internal NumberShape Seen;

    /// <summary>Which numbers need no second look.</summary>
    internal readonly NumberShape Plain = declared == ColumnType.Integer ? NumberShape.Integer : NumberShape.Integer | NumberShape.Decimal;

    internal CellMode Mode { get; private set; } = declared switch
    {
        ColumnType.Integer or ColumnType.Number => CellMode.Number,
        ColumnType.Boolean => CellMode.Boolean,
        ColumnType.Timestamp => CellMode.Timestamp,
        ColumnType.String => CellMode.Text,
        _ => isPassedOver ? CellMode.Skip : CellMode.Unknown,
    };

    internal bool IsPassedOver { get; } = isPassedOver;

    /// <summary>The same column without cells.</summary>
    internal ColumnBuilder Emptied() => new(Name, Declared, IsPassedOver);

    internal string Name { get; } = name;

    internal ColumnType? Declared { get; } = declared;

    /// <summary>Whether the cells were taken for something that a later cell is not: they must be read once more, as text.</summary>
    internal bool Misjudged { get; private set; }

    /// <summary>Cells that are numbers beyond double's range: faults, if the column turns out numeric.</summary>
    internal List<(long Offset, long Line, string Text)> OutOfRange { get; } = [];

    /// <summary>Whether the cell added last was such a number.</summary>
    internal bool LastOutOfRange { get; private set; }

    internal void Reserve(int rows)
    {
        switch (Mode)
        {
            case CellMode.Number: Grow(ref Numbers, rows); break;
            case CellMode.Boolean: Grow(ref _truths, rows); break;
            case CellMode.Timestamp: Grow(ref _times, rows); break;
            case CellMode.Text: Grow(ref _codes, rows); break;
            default: break;
        }
    }

    /// <summary>Takes a cell; false if it is not what the column was declared to hold.</summary>
    internal bool Add(int row, ReadOnlySpan<byte> text, int capacity)
    {
        LastOutOfRange = false;
        if (text.IsEmpty)
        {
            AddMissing(row);
            return true;
        }

        if (Mode == CellMode.Unknown)
        {
            Start(row, text, capacity);
        }

        var fits = Mode switch
        {
            CellMode.Number => AddNumber(row, text),
            CellMode.Boolean => AddBoolean(row, text),
            CellMode.Timestamp => IsoTime.TryParse(text, out _times[row]),
            CellMode.Text => (_codes[row] = _texts.Code(text)) >= 0,
            _ => true,
        };
        if (!fits && Declared is null)
        {
            Misjudged = true;
            Mode = CellMode.Skip;
        }

        return fits || Declared is null;
    }

    /// <summary>Keeps a number beyond double's range for later judgement; a record that crossed a buffer is read twice but noted once.</summary>
    internal void Note(long offset, long line, ReadOnlySpan<byte> text)
    {
        if (OutOfRange.Count == 0 || OutOfRange[^1].Offset < offset)
        {
            OutOfRange.Add((offset, line, CsvFaults.Show(text)));
        }
    }

    /// <summary>Starts the whole file over; as text if the column was misjudged, else with what is known of its type.</summary>
    internal void Restart(int capacity)
    {
        Mode = Misjudged ? CellMode.Text : Mode;
        Misjudged = false;
        OutOfRange.Clear();
        Reserve(capacity);
    }

    /// <summary>Starts over as text if the column was misjudged; else passes over all cells, keeping what it has.</summary>
    internal void ReadAgain(int rows, int capacity)
    {
        _finished ??= Misjudged ? null : Build(rows);
        Mode = Misjudged ? CellMode.Text : CellMode.Skip;
        Misjudged = false;
        Reserve(capacity);
    }

    /// <summary>Settles whether numbers are names, which only all of them tell.</summary>
    internal void Settle()
    {
        if (Mode == CellMode.Number && Declared is null && (Seen & (NumberShape.Big | NumberShape.Decimal)) == NumberShape.Big)
        {
            Misjudged = true;
        }
    }

    internal Column Build(int rows)
    {
        if (_finished is not null)
        {
            return _finished;
        }

        switch (Mode)
        {
            case CellMode.Number:
                Array.Resize(ref Numbers, rows);
                return new NumberColumn(Name, Numbers, Declared ?? ((Seen & NumberShape.Decimal) != 0 ? ColumnType.Number : ColumnType.Integer));
            case CellMode.Boolean:
                Array.Resize(ref _truths, rows);
                return new BooleanColumn(Name, _truths);
            case CellMode.Timestamp:
                Array.Resize(ref _times, rows);
                return new TimestampColumn(Name, _times);
            case CellMode.Unknown:
                _codes = new int[rows];
                Array.Fill(_codes, StringColumn.Missing);
                return new StringColumn(Name, _codes, []);
            default:
                Array.Resize(ref _codes, rows);
                return new StringColumn(Name, _codes, _texts.ToStrings());
        }
    }

    private void AddMissing(int row)
    {
        switch (Mode)
        {
            case CellMode.Number: Numbers[row] = double.NaN; break;
            case CellMode.Boolean: _truths[row] = BooleanColumn.Missing; break;
            case CellMode.Timestamp: _times[row] = TimestampColumn.Missing; break;
            case CellMode.Text: _codes[row] = StringColumn.Missing; break;
            default: break;
        }
    }

    private void Start(int row, ReadOnlySpan<byte> text, int capacity)
    {
        Mode = ParseNumber(text, out _) != NumberShape.None ? CellMode.Number
            : IsTrue(text) || IsFalse(text) ? CellMode.Boolean
            : IsoTime.TryParse(text, out _) ? CellMode.Timestamp
            : CellMode.Text;
        Reserve(capacity);
        for (var i = 0; i < row; i++)
        {
            AddMissing(i);
        }
    }

    private bool AddNumber(int row, ReadOnlySpan<byte> text)
    {
        var shape = Declared is null ? ParseNumber(text, out var value) : PlainNumber.ParseDeclared(text, out value);
        if (shape == NumberShape.None || (Declared == ColumnType.Integer && shape != NumberShape.Integer))
        {
            return false;
        }

        Numbers[row] = value;
        Seen |= shape;
        LastOutOfRange = (shape & NumberShape.OutOfRange) != 0;
        return true;
    }

    private bool AddBoolean(int row, ReadOnlySpan<byte> text)
    {
        _truths[row] = IsTrue(text) ? (byte)1 : (byte)0;
        return _truths[row] == 1 || IsFalse(text);
    }

    private static unsafe NumberShape ParseNumber(ReadOnlySpan<byte> text, out double value)
    {
        // Every cell's text stands before a delimiter, a quote or a zero byte, which stops the scan.
        fixed (byte* p = text)
        {
            var end = PlainNumber.Scan(p, out value, out var shape);
            return end == p + text.Length ? shape : NumberShape.None;
        }
    }

    private static bool IsTrue(ReadOnlySpan<byte> text) => Ascii.EqualsIgnoreCase(text, "true"u8);

    private static bool IsFalse(ReadOnlySpan<byte> text) => Ascii.EqualsIgnoreCase(text, "false"u8);

    private static void Grow<T>(ref T[] cells, int rows)
    {
        if (cells.Length < rows)
        {
            var grown = GC.AllocateUninitializedArray<T>(rows);
            cells.CopyTo(grown, 0);
            cells = grown;
        }
    }
}
