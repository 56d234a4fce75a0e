using System.Linq.Expressions;
using System.Reflection;
using MlOps.Data;

namespace MlOps.Scoring.Computed;

/// <summary>A function of a row's values, compiled once into a loop over the arrays of its columns: no reflection and no boxes per row.</summary>
/// <remarks>Where a cell is missing that a parameter has no <c>?</c> for, the result is missing, and the function is not called.</remarks>
internal sealed class RowLoop : FeatureFunction
{
    private readonly Type _result;
    private readonly Loop _loop;

    public RowLoop(MethodInfo method, string name, IReadOnlyList<Column> like)
        : base(name)
    {
        _result = Nullable.GetUnderlyingType(method.ReturnType) ?? method.ReturnType;
        _loop = Compiled(method, name, like, ResultCells.For(_result, 0).Setter);
    }

    /// <param name="row">The row that the function is called for, told in time for whoever catches what it throws.</param>
    private delegate void Loop(Column[] from, int first, int count, ResultCells results, ref int row);

    private protected override Column Compute(string column, Column[] from, int first, int count)
    {
        var results = ResultCells.For(_result, count);
        var row = first;
        try
        {
            _loop(from, first, count, results, ref row);
        }
        catch (Exception thrown) when (thrown is not OutOfMemoryException)
        {
            throw RowException.At(Name, row, thrown);
        }

        return results.ToColumn(column);
    }

    private static Loop Compiled(MethodInfo method, string name, IReadOnlyList<Column> like, MethodInfo set)
    {
        var (from, first, count) = (Expression.Parameter(typeof(Column[])), Expression.Parameter(typeof(int)), Expression.Parameter(typeof(int)));
        var (untyped, row) = (Expression.Parameter(typeof(ResultCells)), Expression.Parameter(typeof(int).MakeByRefType()));
        var (to, i) = (Expression.Variable(set.DeclaringType!), Expression.Variable(typeof(int)));
        var (next, end) = (Expression.Label(), Expression.Label());
        var nullability = new NullabilityInfoContext();
        var arguments = method.GetParameters().Select((parameter, k) => new CellArgument(name, parameter, like[k], nullability)).ToArray();
        var starts = arguments.Select((argument, k) => argument.Start(Expression.ArrayIndex(from, Expression.Constant(k))));
        Expression[] call =
        [
            .. arguments.SelectMany(argument => argument.Read(row, next)),
            Store(Expression.Call(method, arguments.Select(argument => argument.Value(row))), set, to, i),
        ];
        var body = Expression.Block(
            [to, i, .. arguments.SelectMany(argument => argument.Variables)],
            [
                Expression.Assign(to, Expression.Convert(untyped, to.Type)),
                .. starts,
                Expression.Loop(
                    Expression.Block(
                        Expression.IfThen(Expression.GreaterThanOrEqual(i, count), Expression.Break(end)),
                        Expression.Assign(row, Expression.Add(first, i)),
                        Expression.Block(call),
                        Expression.Label(next),
                        Expression.PreIncrementAssign(i)),
                    end),
            ]);
        return Expression.Lambda<Loop>(body, from, first, count, untyped, row).Compile();
    }

    private static BlockExpression Store(MethodCallExpression call, MethodInfo set, ParameterExpression to, ParameterExpression i)
    {
        var wanted = set.GetParameters()[1].ParameterType;
        var value = Expression.Variable(call.Type);
        var store = call.Type.IsValueType && Nullable.GetUnderlyingType(call.Type) is null ? Set(value)
            : call.Type.IsValueType ? Expression.IfThen(Expression.Property(value, "HasValue"), Set(Expression.Property(value, "Value")))
            : Expression.IfThen(Expression.ReferenceNotEqual(value, Expression.Constant(null)), Set(value));
        return Expression.Block([value], Expression.Assign(value, call), store);

        Expression Set(Expression got) => Expression.Call(to, set, i, got.Type == wanted ? got : Expression.Convert(got, wanted));
    }
}
