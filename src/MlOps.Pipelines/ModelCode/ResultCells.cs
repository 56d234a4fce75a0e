using MlOps.Data;

namespace MlOps.Pipelines.ModelCode;

/// <summary>What a function returned for each row, missing where nothing was set.</summary>
internal sealed class ResultCells
{
    private readonly Action<int, object> _set;
    private readonly Func<string, Column> _column;

    /// <param name="type">What the function returns, without <c>?</c>.</param>
    /// <param name="rows">How many rows there are.</param>
    public ResultCells(Type type, int rows) => (_set, _column) = Type.GetTypeCode(type) switch
    {
        TypeCode.String => Texts(rows),
        TypeCode.Boolean => Truths(rows),
        TypeCode.Object => Times(rows),
        var number => Numbers(rows, number is TypeCode.Int32 or TypeCode.Int64 ? ColumnType.Integer : ColumnType.Number),
    };

    public void Set(int row, object value) => _set(row, value);

    public Column ToColumn(string name) => _column(name);

    private static (Action<int, object> Set, Func<string, Column> Column) Numbers(int rows, ColumnType type)
    {
        var values = new double[rows];
        Array.Fill(values, double.NaN);
        return ((row, value) => values[row] = Convert.ToDouble(value, null), name => new NumberColumn(name, values, type));
    }

    private static (Action<int, object> Set, Func<string, Column> Column) Truths(int rows)
    {
        var values = new byte[rows];
        Array.Fill(values, BooleanColumn.Missing);
        return ((row, value) => values[row] = (bool)value ? (byte)1 : (byte)0, name => new BooleanColumn(name, values));
    }

    private static (Action<int, object> Set, Func<string, Column> Column) Times(int rows)
    {
        var values = new long[rows];
        Array.Fill(values, TimestampColumn.Missing);
        return ((row, value) => values[row] = ((DateTimeOffset)value).ToUnixTimeMilliseconds(), name => new TimestampColumn(name, values));
    }

    private static (Action<int, object> Set, Func<string, Column> Column) Texts(int rows)
    {
        var (codes, texts, known) = (new int[rows], new List<string>(), new Dictionary<string, int>(StringComparer.Ordinal));
        Array.Fill(codes, StringColumn.Missing);
        return (Set, name => new StringColumn(name, codes, [.. texts]));

        void Set(int row, object value)
        {
            // An empty text is a missing cell, as in a CSV file.
            if (((string)value).Length == 0)
            {
                return;
            }

            if (!known.TryGetValue((string)value, out var code))
            {
                known[(string)value] = code = texts.Count;
                texts.Add((string)value);
            }

            codes[row] = code;
        }
    }
}
