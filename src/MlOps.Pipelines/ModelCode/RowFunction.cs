using System.Reflection;
using MlOps.Content;
using MlOps.Data;

namespace MlOps.Pipelines.ModelCode;

/// <summary>A function of a row's values, over columns: the one place where cells become arguments, in training and in scoring.</summary>
/// <remarks>Where a cell is missing that a parameter has no <c>?</c> for, the result is missing, and the function is not called.</remarks>
internal sealed class RowFunction
{
    /// <summary>What an exception is told beside: the row, from 1, that its function was called for.</summary>
    public const string Row = "row";

    private readonly MethodInfo _method;
    private readonly string _name;
    private readonly string _pointer;
    private readonly IReadOnlyList<Column> _from;
    private readonly Func<int, object>[] _read;
    private readonly bool[] _nullable;

    /// <param name="method">Static; its parameters and result are cells (<see cref="CellKind"/>).</param>
    /// <param name="name">As declared.</param>
    /// <param name="pointer">Where the columns are declared, for diagnostics.</param>
    /// <param name="from">A column per parameter.</param>
    /// <exception cref="DiagnosticException">A column is nothing that its parameter can take.</exception>
    public RowFunction(MethodInfo method, string name, string pointer, IReadOnlyList<Column> from)
    {
        (_method, _name, _pointer, _from) = (method, name, pointer, from);
        var nullability = new NullabilityInfoContext();
        var parameters = method.GetParameters();
        _nullable = [.. parameters.Select(parameter => nullability.Create(parameter).ReadState != NullabilityState.NotNull)];
        _read = [.. parameters.Select((parameter, i) => Reader(Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType, from[i]))];
    }

    /// <summary>The result for every row.</summary>
    /// <param name="column">The new column's name.</param>
    public Column Compute(string column)
    {
        var cells = new ResultCells(Nullable.GetUnderlyingType(_method.ReturnType) ?? _method.ReturnType, _from[0].Length);
        var invoker = MethodInvoker.Create(_method);
        var arguments = new object?[_read.Length];
        var row = 0;
        try
        {
            for (; row < _from[0].Length; row++)
            {
                if (Fill(arguments, row) && invoker.Invoke(null, arguments.AsSpan()) is { } value)
                {
                    cells.Set(row, value is double number && double.IsInfinity(number) || value is float single && float.IsInfinity(single) ? throw Wrong(row, "it returns no finite number", "return null, or a NaN, for what has no value") : value);
                }
            }
        }
        catch (Exception thrown) when (thrown is not DiagnosticException)
        {
            thrown.Data[Row] = row + 1;
            throw;
        }

        return cells.ToColumn(column);
    }

    private bool Fill(object?[] arguments, int row)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            if (!_from[i].IsMissing(row))
            {
                arguments[i] = _read[i](row);
            }
            else if (_nullable[i])
            {
                arguments[i] = null;
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    private Func<int, object> Reader(Type type, Column column) => (Type.GetTypeCode(type), column) switch
    {
        (TypeCode.String, _) => row => column.Text(row)!,
        (TypeCode.Double, NumberColumn numbers) => row => numbers.Values[row],
        (TypeCode.Double, BooleanColumn truths) => row => (double)truths.Values[row],
        (TypeCode.Single, NumberColumn numbers) => row => (float)numbers.Values[row],
        (TypeCode.Single, BooleanColumn truths) => row => (float)truths.Values[row],
        (TypeCode.Int32, NumberColumn numbers) => row => (int)Whole(numbers, row, int.MinValue, int.MaxValue),
        (TypeCode.Int32, BooleanColumn truths) => row => (int)truths.Values[row],
        (TypeCode.Int64, NumberColumn numbers) => row => Whole(numbers, row, -(1L << 53), 1L << 53),
        (TypeCode.Int64, BooleanColumn truths) => row => (long)truths.Values[row],
        (TypeCode.Int64, TimestampColumn times) => row => times.Values[row],
        (TypeCode.Boolean, BooleanColumn truths) => row => truths.Values[row] == 1,
        (TypeCode.Boolean, NumberColumn numbers) => row => Whole(numbers, row, 0, 1) == 1,
        (TypeCode.Object, TimestampColumn times) => row => DateTimeOffset.FromUnixTimeMilliseconds(times.Values[row]),
        _ => throw new DiagnosticException(new Diagnostic("MLO8338", $"function '{_name}' cannot take column '{column.Name}'")
        {
            Where = _pointer,
            Why = $"the column is {column.Type.ToString().ToLowerInvariant()}, the parameter {CellKind.Written(type == typeof(DateTimeOffset) ? "System.DateTimeOffset" : type.Name)}",
            Mend = "change the parameter's type, or name another column",
        }),
    };

    private long Whole(NumberColumn numbers, int row, long least, long most) => numbers.Values[row] is var number && Math.Floor(number) == number && number >= least && number <= most
        ? (long)number
        : throw Wrong(row, $"'{numbers.Name}' is {numbers.Text(row)}, where {(most == 1 ? "0 or 1" : "a whole number")} is wanted", "take it as double, or mend the data");

    private DiagnosticException Wrong(int row, string why, string mend) => new(new Diagnostic("MLO8339", $"function '{_name}' does not fit row {(row + 1).ToString(System.Globalization.CultureInfo.InvariantCulture)} of the table")
    {
        Where = _pointer,
        Why = why,
        Mend = mend,
    });
}
