using System.Reflection;
using MlOps.Data;

namespace MlOps.Scoring.Computed;

/// <summary>What a function returned for each row, missing where nothing was set.</summary>
internal abstract class ResultCells
{
    /// <summary>What compiled loops call for a row and its value, of the type that this kind holds.</summary>
    public MethodInfo Setter => Set.Method;

    /// <summary>As a delegate, so that whoever follows the code finds it.</summary>
    protected abstract Delegate Set { get; }

    public abstract Column ToColumn(string name);

    /// <param name="type">What the function returns, without <c>?</c>.</param>
    /// <param name="rows">How many rows there are.</param>
    public static ResultCells For(Type type, int rows) => Type.GetTypeCode(type) switch
    {
        TypeCode.String => new TextResults(rows),
        TypeCode.Boolean => new TruthResults(rows),
        TypeCode.Object => new TimeResults(rows),
        var number => new NumberResults(rows, number is TypeCode.Int32 or TypeCode.Int64 ? ColumnType.Integer : ColumnType.Number),
    };

    protected static T[] All<T>(int rows, T missing)
    {
        var cells = new T[rows];
        Array.Fill(cells, missing);
        return cells;
    }
}

internal sealed class NumberResults(int rows, ColumnType type) : ResultCells
{
    private readonly double[] _values = All(rows, double.NaN);

    protected override Delegate Set => (Action<int, double>)SetCell;

    private void SetCell(int row, double value) => _values[row] = double.IsInfinity(value) ? throw RowException.Misfit("it returns no finite number", "return null, or a NaN, for what has no value") : value;

    public override Column ToColumn(string name) => new NumberColumn(name, _values, type);
}

internal sealed class TruthResults(int rows) : ResultCells
{
    private readonly byte[] _values = All(rows, BooleanColumn.Missing);

    protected override Delegate Set => (Action<int, bool>)SetCell;

    private void SetCell(int row, bool value) => _values[row] = value ? (byte)1 : (byte)0;

    public override Column ToColumn(string name) => new BooleanColumn(name, _values);
}

internal sealed class TimeResults(int rows) : ResultCells
{
    private readonly long[] _values = All(rows, TimestampColumn.Missing);

    protected override Delegate Set => (Action<int, DateTimeOffset>)SetCell;

    private void SetCell(int row, DateTimeOffset value) => _values[row] = value.ToUnixTimeMilliseconds();

    public override Column ToColumn(string name) => new TimestampColumn(name, _values);
}

internal sealed class TextResults(int rows) : ResultCells
{
    private readonly int[] _codes = All(rows, StringColumn.Missing);
    private readonly List<string> _texts = [];
    private readonly Dictionary<string, int> _known = new(StringComparer.Ordinal);

    protected override Delegate Set => (Action<int, string>)SetCell;

    private void SetCell(int row, string value)
    {
        // An empty text is a missing cell, as in a CSV file.
        if (value.Length == 0)
        {
            return;
        }

        if (!_known.TryGetValue(value, out var code))
        {
            _known[value] = code = _texts.Count;
            _texts.Add(value);
        }

        _codes[row] = code;
    }

    public override Column ToColumn(string name) => new StringColumn(name, _codes, [.. _texts]);
}
