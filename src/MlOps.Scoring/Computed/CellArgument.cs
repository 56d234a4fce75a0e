using System.Linq.Expressions;
using System.Reflection;
using MlOps.Content;
using MlOps.Data;

namespace MlOps.Scoring.Computed;

/// <summary>How the cells of a column become a parameter's value: the expressions of a <see cref="RowLoop"/>.</summary>
internal sealed class CellArgument
{
    private readonly Type _parameter;
    private readonly Type _plain;
    private readonly bool _nullable;
    private readonly ParameterExpression _column;
    private readonly ParameterExpression _cells;

    /// <param name="function">As declared.</param>
    /// <param name="parameter">Its type is a cell's (<see cref="CellKind"/>).</param>
    /// <param name="like">A column of the kind that will be read.</param>
    /// <param name="nullability">What it knows already.</param>
    /// <exception cref="DiagnosticException">MLO8338: the column is nothing that the parameter can take.</exception>
    public CellArgument(string function, ParameterInfo parameter, Column like, NullabilityInfoContext nullability)
    {
        _parameter = parameter.ParameterType;
        _plain = Nullable.GetUnderlyingType(_parameter) ?? _parameter;
        _nullable = nullability.Create(parameter).ReadState != NullabilityState.NotNull;
        var isText = _plain == typeof(string);
        _column = Expression.Variable(isText ? typeof(Column) : like.GetType());
        // Numbers, truth values and instants are read where they lie; texts one by one, for any column has them.
        _cells = Expression.Variable(isText ? typeof(string) : like is NumberColumn ? typeof(double[]) : like is BooleanColumn ? typeof(byte[]) : typeof(long[]));
        if (!Takes(_plain, like))
        {
            throw new DiagnosticException(Unfit(function, like, CellKind.Written(_plain == typeof(DateTimeOffset) ? "System.DateTimeOffset" : _plain.Name)));
        }
    }

    public IEnumerable<ParameterExpression> Variables => [_column, _cells];

    public static Diagnostic Unfit(string function, Column column, string parameter) => new("MLO8338", $"function '{function}' cannot take column '{column.Name}'")
    {
        Why = $"the column is {column.Type.ToString().ToLowerInvariant()}, the parameter {parameter}",
        Mend = "change the parameter's type, or name another column",
    };

    /// <summary>Before the first row.</summary>
    public Expression Start(Expression column)
    {
        var assign = Expression.Assign(_column, Expression.Convert(column, _column.Type));
        return _plain == typeof(string) ? assign : Expression.Assign(_cells, Expression.Property(assign, nameof(NumberColumn.Values)));
    }

    /// <summary>Before each call: where the cell is missing and may not be, on to the next row.</summary>
    public IEnumerable<Expression> Read(Expression row, LabelTarget next)
    {
        if (_plain == typeof(string))
        {
            yield return Expression.Assign(_cells, Expression.Call(_column, nameof(Column.Text), null, row));
        }

        if (!_nullable)
        {
            yield return Expression.IfThen(IsMissing(row), Expression.Goto(next));
        }
    }

    /// <summary>The argument.</summary>
    public Expression Value(Expression row) => _plain == typeof(string) ? _cells
        : _plain == _parameter ? Plain(row)
        : Expression.Condition(IsMissing(row), Expression.Default(_parameter), Expression.Convert(Plain(row), _parameter));

    private static bool Takes(Type type, Column column) => (Type.GetTypeCode(type), column) switch
    {
        (TypeCode.String, _) => true,
        (TypeCode.Double or TypeCode.Single or TypeCode.Int32 or TypeCode.Int64 or TypeCode.Boolean, NumberColumn or BooleanColumn) => true,
        (TypeCode.Int64 or TypeCode.Object, TimestampColumn) => true,
        _ => false,
    };

    private Expression IsMissing(Expression row) => _cells.Type == typeof(string) ? Expression.ReferenceEqual(_cells, Expression.Constant(null))
        : Cell(row) is var cell && cell.Type == typeof(double) ? Expression.Call(typeof(double), nameof(double.IsNaN), null, cell)
        : Expression.Equal(cell, Expression.Constant(cell.Type == typeof(byte) ? (object)BooleanColumn.Missing : TimestampColumn.Missing));

    private Expression Plain(Expression row) => (Type.GetTypeCode(_plain), Cell(row)) switch
    {
        (TypeCode.Int32, { } cell) when cell.Type == typeof(double) => Expression.Convert(Whole(row, int.MinValue, int.MaxValue), typeof(int)),
        (TypeCode.Int64, { } cell) when cell.Type == typeof(double) => Whole(row, -(1L << 53), 1L << 53),
        (TypeCode.Boolean, { } cell) when cell.Type == typeof(double) => Expression.Equal(Whole(row, 0, 1), Expression.Constant(1L)),
        (TypeCode.Boolean, var cell) => Expression.Equal(cell, Expression.Constant((byte)1)),
        (TypeCode.Object, var cell) => Expression.Call(typeof(DateTimeOffset), nameof(DateTimeOffset.FromUnixTimeMilliseconds), null, cell),
        (_, var cell) => cell.Type == _plain ? cell : Expression.Convert(cell, _plain),
    };

    private BinaryExpression Cell(Expression row) => Expression.ArrayIndex(_cells, row);

    private MethodCallExpression Whole(Expression row, long least, long most) =>
        Expression.Call(((Func<NumberColumn, int, long, long, long>)Whole).Method, _column, row, Expression.Constant(least), Expression.Constant(most));

    private static long Whole(NumberColumn numbers, int row, long least, long most) => numbers.Values[row] is var number && Math.Floor(number) == number && number >= least && number <= most
        ? (long)number
        : throw RowException.Misfit($"'{numbers.Name}' is {numbers.Text(row)}, where {(most == 1 ? "0 or 1" : "a whole number")} is wanted", "take it as double, or mend the data");
}
