using System.Globalization;
using System.Reflection;

namespace MlOps.Scoring.Computed;

/// <summary>A function of a model's own code gave nothing for a row: it threw, or the row is nothing that it can take. The message says why, without a stack trace.</summary>
public sealed class RowException : Exception
{
    private RowException(string why, Exception? thrown)
        : base(why, thrown)
    {
    }

    /// <summary>The function, as declared.</summary>
    public string Function { get; private init; } = "";

    /// <summary>The row's number, from 0.</summary>
    public int Row { get; private init; }

    /// <summary>The row as people count, from 1.</summary>
    public string Number => (Row + 1).ToString(CultureInfo.InvariantCulture);

    /// <summary>What to do where row and function do not fit; null where the function threw (<see cref="Exception.InnerException"/>).</summary>
    public string? Mend { get; private init; }

    /// <summary>A row that does not fit; whoever runs the rows says <see cref="At"/> which one it is.</summary>
    internal static RowException Misfit(string why, string mend) => new(why, null) { Mend = mend };

    /// <summary>What was thrown while a function ran for a row.</summary>
    internal static RowException At(string function, int row, Exception thrown)
    {
        while (thrown is TypeInitializationException or TargetInvocationException && thrown.InnerException is { } inner)
        {
            thrown = inner;
        }

        return thrown is RowException { Function: "" } misfit
            ? new(misfit.Message, null) { Function = function, Row = row, Mend = misfit.Mend }
            : new($"{thrown.GetType().Name}: {thrown.Message}", thrown) { Function = function, Row = row };
    }
}
