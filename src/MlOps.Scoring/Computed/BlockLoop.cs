using System.Reflection;
using System.Reflection.Emit;
using MlOps.Content;
using MlOps.Data;

namespace MlOps.Scoring.Computed;

/// <summary>A function over blocks of rows: spans of numbers in, NaN where missing, a span of numbers out.</summary>
/// <remarks>It is given copies, so that nothing that it does reaches the table; where it writes nothing, the result is missing.</remarks>
internal sealed class BlockLoop : FeatureFunction
{
    /// <summary>Rows of a block; no result may depend on it.</summary>
    private const int Rows = 1024;

    private static readonly ConstructorInfo Reads = typeof(ReadOnlySpan<double>).GetConstructor([typeof(double[]), typeof(int), typeof(int)])!;
    private static readonly ConstructorInfo Writes = typeof(Span<double>).GetConstructor([typeof(double[]), typeof(int), typeof(int)])!;

    private readonly Call _call;

    /// <exception cref="DiagnosticException">MLO8338: a column has no numbers.</exception>
    public BlockLoop(MethodInfo method, string name, IReadOnlyList<Column> like)
        : base(name)
    {
        _call = Compiled(method, like.Count);
        if (like.FirstOrDefault(column => column is not (NumberColumn or BooleanColumn)) is { } other)
        {
            throw new DiagnosticException(CellArgument.Unfit(name, other, CellKind.Written(CellKind.Block)));
        }
    }

    private delegate void Call(double[][] from, double[] results, int count);

    public static bool Is(MethodInfo method) => method.GetParameters() is [.., { ParameterType: var last }] && last == typeof(Span<double>);

    private protected override Column Compute(string column, Column[] from, int first, int count)
    {
        var values = new double[count];
        var results = new double[Math.Min(count, Rows)];
        var block = Array.ConvertAll(from, _ => new double[results.Length]);
        for (var at = 0; at < count; at += Rows)
        {
            var rows = Math.Min(Rows, count - at);
            Run(from, first + at, rows, block, results);
            results.AsSpan(0, rows).CopyTo(values.AsSpan(at));
        }

        return new NumberColumn(column, values);
    }

    private void Run(Column[] from, int first, int rows, double[][] block, double[] results)
    {
        try
        {
            Fill(from, first, rows, block, results);
            _call(block, results, rows);
        }
        catch (Exception thrown) when (thrown is not OutOfMemoryException)
        {
            throw RowException.At(Name, Thrower(from, first, rows, block, results), thrown);
        }

        for (var row = 0; row < rows; row++)
        {
            if (double.IsInfinity(results[row]))
            {
                throw RowException.At(Name, first + row, RowException.Misfit("it returns no finite number", "leave a NaN for what has no value"));
            }
        }
    }

    /// <summary>The row of a block that makes the function throw: rows one by one, for it tells none.</summary>
    private int Thrower(Column[] from, int first, int rows, double[][] block, double[] results)
    {
        for (var row = first; row < first + rows; row++)
        {
            try
            {
                Fill(from, row, 1, block, results);
                _call(block, results, 1);
            }
#pragma warning disable CA1031 // It is asked only whether it throws.
            catch (Exception)
            {
                return row;
            }
#pragma warning restore CA1031
        }

        return first;
    }

    private static void Fill(Column[] from, int first, int rows, double[][] block, double[] results)
    {
        results.AsSpan(0, rows).Fill(double.NaN);
        for (var k = 0; k < from.Length; k++)
        {
            if (from[k] is NumberColumn numbers)
            {
                numbers.Values.AsSpan(first, rows).CopyTo(block[k]);
                continue;
            }

            var truths = ((BooleanColumn)from[k]).Values.AsSpan(first, rows);
            for (var row = 0; row < rows; row++)
            {
                block[k][row] = truths[row] == BooleanColumn.Missing ? double.NaN : truths[row];
            }
        }
    }

    // Spans are no values of expression trees.
    private static Call Compiled(MethodInfo method, int columns)
    {
        var made = new DynamicMethod(method.Name, null, [typeof(double[][]), typeof(double[]), typeof(int)], typeof(BlockLoop).Module, skipVisibility: true);
        var il = made.GetILGenerator();
        for (var k = 0; k < columns; k++)
        {
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldc_I4, k);
            il.Emit(OpCodes.Ldelem_Ref);
            il.Emit(OpCodes.Ldc_I4_0);
            il.Emit(OpCodes.Ldarg_2);
            il.Emit(OpCodes.Newobj, Reads);
        }

        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Ldarg_2);
        il.Emit(OpCodes.Newobj, Writes);
        il.Emit(OpCodes.Call, method);
        il.Emit(OpCodes.Ret);
        return made.CreateDelegate<Call>();
    }
}
