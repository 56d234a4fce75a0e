using System.Reflection;
using MlOps.Data;

namespace MlOps.Scoring.Computed;

/// <summary>What a function returned for each row, missing where nothing was set.</summary>
internal abstract class ResultCells
{
    /// <summary>Sets a row's cell, of the type that this kind holds: what compiled loops call. Told as a delegate's, so that whoever follows the code finds it.</summary>
    public abstract MethodInfo Setter { get; }

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

    public override MethodInfo Setter => ((Action<int, double>)Set).Method;

    private void Set(int row, double value) => _values[row] = double.IsInfinity(value) ? throw RowException.Misfit("it returns no finite number", "return null, or a NaN, for what has no value") : value;

    public override Column ToColumn(string name) => new NumberColumn(name, _values, type);
}

internal sealed class TruthResults(int rows) : ResultCells
{
    private readonly byte[] _values = All(rows, BooleanColumn.Missing);

    public override MethodInfo Setter => ((Action<int, bool>)Set).Method;

    private void Set(int row, bool value) => _values[row] = value ? (byte)1 : (byte)0;

    public override Column ToColumn(string name) => new BooleanColumn(name, _values);
}

internal sealed class TimeResults(int rows) : ResultCells
{
    private readonly long[] _values = All(rows, TimestampColumn.Missing);

    public override MethodInfo Setter => ((Action<int, DateTimeOffset>)Set).Method;

    private void Set(int row, DateTimeOffset value) => _values[row] = value.ToUnixTimeMilliseconds();

    public override Column ToColumn(string name) => new TimestampColumn(name, _values);
}

internal sealed class TextResults(int rows) : ResultCells
{
    private readonly int[] _codes = All(rows, StringColumn.Missing);
    private readonly List<string> _texts = [];
    private readonly Dictionary<string, int> _known = new(StringComparer.Ordinal);

    public override MethodInfo Setter => ((Action<int, string>)Set).Method;

    private void Set(int row, string value)
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
