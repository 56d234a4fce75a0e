using System.Reflection;
using MlOps.Data;

namespace MlOps.Scoring.Computed;

/// <summary>The functions that make a model's inputs of what callers send.</summary>
/// <remarks>Safe for several threads at once where the functions are.</remarks>
public sealed class InputFunctions
{
    private readonly List<(InputColumn Input, FeatureFunction Function)> _functions = [];

    /// <param name="signature">The model's inputs.</param>
    /// <param name="method">A function by its name.</param>
    /// <param name="columns">What the columns are that functions take, as they were in training.</param>
    /// <exception cref="MlOps.Content.DiagnosticException">MLO8338: a column is nothing that its parameter can take.</exception>
    public InputFunctions(Signature signature, Func<string, MethodInfo> method, IReadOnlyDictionary<string, ColumnType> columns)
    {
        Request = RequestOf(signature, columns);
        var none = FrameBuilder.For(Request).Build();
        foreach (var input in signature.Inputs.Where(input => input.Code is not null))
        {
            _functions.Add((input, FeatureFunction.Of(method(input.Code!), input.Code!, [.. input.From.Select(name => none[name])])));
        }
    }

    /// <summary>What callers send.</summary>
    public Signature Request { get; }

    /// <summary>A model's signature as callers see it: computed inputs give way to the columns that their functions take.</summary>
    /// <param name="signature">The model's inputs.</param>
    /// <param name="columns">What the columns are that functions take.</param>
    public static Signature RequestOf(Signature signature, IReadOnlyDictionary<string, ColumnType> columns)
    {
        var taken = signature.Inputs.SelectMany(input => input.From).ToHashSet(StringComparer.Ordinal);
        // As the table had it in training: the function sees what it saw then, and so does a feature of the same column.
        var asked = taken.Select(name => new InputColumn(name, columns[name] switch
        {
            ColumnType.Integer or ColumnType.Number => FeatureKind.Numeric,
            ColumnType.Boolean => FeatureKind.Boolean,
            ColumnType.Timestamp => FeatureKind.Timestamp,
            _ => FeatureKind.Categorical,
        }) { IsDouble = columns[name] is ColumnType.Integer or ColumnType.Number });
        return signature with { Inputs = [.. signature.Inputs.Where(input => input.Code is null && !taken.Contains(input.Name)).Concat(asked).OrderBy(input => input.Name, StringComparer.Ordinal)] };
    }

    /// <summary>Rows as the model takes them.</summary>
    /// <param name="rows">Rows as callers send them.</param>
    /// <exception cref="RowException">A function has nothing for a row.</exception>
    public Frame Of(Frame rows) =>
        new([.. rows.Columns, .. _functions.Select(each => each.Function.Compute(each.Input.Name, [.. each.Input.From.Select(name => rows[name])]))]);
}
