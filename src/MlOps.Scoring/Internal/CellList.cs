using System.Globalization;
using MlOps.Data;

namespace MlOps.Scoring.Internal;

/// <summary>The cells of one input while rows are being collected; setters mean the last one and say why they refuse, or null.</summary>
internal abstract class CellList(string name)
{
    protected string Name { get; } = name;

    public static CellList For(InputColumn input) => input.Kind switch
    {
        FeatureKind.Numeric => new NumberCells(input.Name, input.IsDouble),
        FeatureKind.Boolean => new BooleanCells(input.Name),
        FeatureKind.Timestamp => new TimestampCells(input.Name),
        _ => new TextCells(input.Name),
    };

    /// <summary>Cells of which only the last one counts; setting it allocates nothing.</summary>
    public static CellList ForOne(InputColumn input)
    {
        var cells = For(input);
        cells = cells is TextCells ? new TextCell(input.Name) : cells;
        cells.AddMissing();
        return cells;
    }

    public abstract void AddMissing();

    public abstract void SetMissing();

    public abstract string? Set(double value);

    public abstract string? Set(bool value);

    public abstract string? Set(ReadOnlySpan<char> text);

    public abstract Column Build();

    public abstract void Clear();
}

internal sealed class NumberCells(string name, bool isDouble) : CellList(name)
{
    private readonly List<double> _values = [];

    public double Last => _values[^1];

    public override void AddMissing() => _values.Add(double.NaN);

    public override void SetMissing() => _values[^1] = double.NaN;

    public override string? Set(double value)
    {
        if (!isDouble && !float.IsFinite((float)value))
        {
            return "is beyond the range of float32";
        }

        _values[^1] = value;
        return null;
    }

    public override string? Set(bool value) => Set(value ? 1.0 : 0.0);

    public override string? Set(ReadOnlySpan<char> text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? Set(value)
            : $"'{text}' is not a number";

    public override Column Build() => new NumberColumn(Name, [.. _values]);

    public override void Clear() => _values.Clear();
}

internal sealed class BooleanCells(string name) : CellList(name)
{
    private readonly List<byte> _values = [];

    public byte Last => _values[^1];

    public override void AddMissing() => _values.Add(BooleanColumn.Missing);

    public override void SetMissing() => _values[^1] = BooleanColumn.Missing;

    public override string? Set(double value)
    {
        if (value is not (0 or 1))
        {
            return $"{CellText.Of(value)} is neither 0 nor 1";
        }

        _values[^1] = (byte)value;
        return null;
    }

    public override string? Set(bool value) => Set(value ? 1.0 : 0.0);

    public override string? Set(ReadOnlySpan<char> text)
    {
        var isTrue = text.Equals("true", StringComparison.OrdinalIgnoreCase) || text is "1";
        return isTrue || text.Equals("false", StringComparison.OrdinalIgnoreCase) || text is "0"
            ? Set(isTrue)
            : $"'{text}' is neither true nor false";
    }

    public override Column Build() => new BooleanColumn(Name, [.. _values]);

    public override void Clear() => _values.Clear();
}

internal sealed class TimestampCells(string name) : CellList(name)
{
    private readonly List<long> _values = [];

    public long Last => _values[^1];

    public override void AddMissing() => _values.Add(TimestampColumn.Missing);

    public override void SetMissing() => _values[^1] = TimestampColumn.Missing;

    public override string? Set(double value)
    {
        if (value != Math.Truncate(value) || value < IsoTime.Earliest || value > IsoTime.Latest)
        {
            return $"{CellText.Of(value)} is no whole number of milliseconds since 1970-01-01 within the years 1 to 9999";
        }

        _values[^1] = (long)value;
        return null;
    }

    public override string? Set(bool value) => "is a truth value, not an instant";

    public override string? Set(ReadOnlySpan<char> text)
    {
        if (IsoTime.TryParse(text.Trim(), out var milliseconds))
        {
            _values[^1] = milliseconds;
            return null;
        }

        return $"'{text}' is no ISO 8601 date or time";
    }

    public override Column Build() => new TimestampColumn(Name, [.. _values]);

    public override void Clear() => _values.Clear();
}

internal sealed class TextCells : CellList
{
    private readonly List<int> _codes = [];
    private readonly List<string> _texts = [];
    private readonly Dictionary<string, int> _byText = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    public TextCells(string name)
        : base(name) => _bySpan = _byText.GetAlternateLookup<ReadOnlySpan<char>>();

    public override void AddMissing() => _codes.Add(StringColumn.Missing);

    public override void SetMissing() => _codes[^1] = StringColumn.Missing;

    public override string? Set(double value) => Set(CellText.Of(value).AsSpan());

    public override string? Set(bool value) => Set((value ? "true" : "false").AsSpan());

    public override string? Set(ReadOnlySpan<char> text)
    {
        if (!_bySpan.TryGetValue(text, out var code))
        {
            code = _texts.Count;
            _texts.Add(text.ToString());
            _byText.Add(_texts[code], code);
        }

        _codes[^1] = code;
        return null;
    }

    public override Column Build() => new StringColumn(Name, [.. _codes], [.. _texts]);

    public override void Clear()
    {
        _codes.Clear();
        _texts.Clear();
        _byText.Clear();
    }
}

/// <summary>One text that is replaced again and again; empty is missing.</summary>
internal sealed class TextCell(string name) : CellList(name)
{
    private char[] _text = new char[64];
    private int _length;

    public ReadOnlySpan<char> Last => _text.AsSpan(0, _length);

    public override void AddMissing() => SetMissing();

    public override void SetMissing() => _length = 0;

    public override string? Set(double value)
    {
        _length = CellText.Format(value, _text);
        return null;
    }

    public override string? Set(bool value) => Set((value ? "true" : "false").AsSpan());

    public override string? Set(ReadOnlySpan<char> text)
    {
        if (text.Length > _text.Length)
        {
            _text = new char[2 * text.Length];
        }

        text.CopyTo(_text);
        _length = text.Length;
        return null;
    }

    public override Column Build() => new StringColumn(Name, [_length == 0 ? StringColumn.Missing : 0], [new(Last)]);

    public override void Clear() => SetMissing();
}
