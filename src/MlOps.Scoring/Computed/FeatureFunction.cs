using System.Globalization;
using System.Reflection;
using MlOps.Content;
using MlOps.Data;

namespace MlOps.Scoring.Computed;

/// <summary>A function of a model's own code that computes a column: the one place where cells become arguments, in training, in batch scoring and in the service.</summary>
/// <remarks>What it gives for a row may depend on that row alone. Safe for several threads at once where the function is.</remarks>
public abstract class FeatureFunction
{
    /// <summary>How many rows are asked for a second time.</summary>
    private const int Sample = 100;

    private protected FeatureFunction(string name) => Name = name;

    /// <summary>As declared.</summary>
    public string Name { get; }

    /// <summary>A function ready to run.</summary>
    /// <param name="method">Static; of a row's cells, or of blocks (<see cref="CellKind"/>).</param>
    /// <param name="name">As declared.</param>
    /// <param name="like">A column per parameter, of the kinds that it will be given.</param>
    /// <exception cref="DiagnosticException">MLO8338: a column is nothing that its parameter can take.</exception>
    public static FeatureFunction Of(MethodInfo method, string name, IReadOnlyList<Column> like) =>
        BlockLoop.Is(method) ? new BlockLoop(method, name, like) : new RowLoop(method, name, like);

    /// <summary>The result for every row.</summary>
    /// <param name="column">The new column's name.</param>
    /// <param name="from">A column per parameter, of equal length.</param>
    /// <exception cref="RowException">It has none for a row.</exception>
    public Column Compute(string column, IReadOnlyList<Column> from) => Compute(column, [.. from], 0, from[0].Length);

    /// <summary>Asks again for some rows, evenly spread, one by one and from the last to the first: other results than before would differ in scoring as well.</summary>
    /// <param name="computed">What <see cref="Compute(string, IReadOnlyList{Column})"/> gave.</param>
    /// <param name="from">The columns that it took.</param>
    /// <exception cref="DiagnosticException">MLO5090: a row's result is another one.</exception>
    public void Recheck(Column computed, IReadOnlyList<Column> from)
    {
        Column[] columns = [.. from];
        var asked = Math.Min(Sample, computed.Length);
        for (var i = asked - 1; i >= 0; i--)
        {
            var row = (int)((long)i * computed.Length / asked);
            var again = Compute(computed.Name, columns, row, 1);
            if (!Same(computed, row, again))
            {
                throw new DiagnosticException(new Diagnostic("MLO5090", string.Create(CultureInfo.InvariantCulture, $"function '{Name}' gives another value for row {row + 1} when it is asked again"))
                {
                    Why = $"first {computed.Text(row) ?? "nothing"}, then, asked for that row alone, {again.Text(0) ?? "nothing"}: it depends on other rows, on their order or on what ran before, which are others in scoring",
                    Mend = "let the result follow from the row's own values: no static fields that change, no clock, no randomness; of a block no sums over it",
                });
            }
        }
    }

    private protected abstract Column Compute(string column, Column[] from, int first, int count);

    private static bool Same(Column computed, int row, Column again) => (computed, again) switch
    {
        (NumberColumn one, NumberColumn other) => BitConverter.DoubleToInt64Bits(one.Values[row]) == BitConverter.DoubleToInt64Bits(other.Values[0]) || (double.IsNaN(one.Values[row]) && double.IsNaN(other.Values[0])),
        (TimestampColumn one, TimestampColumn other) => one.Values[row] == other.Values[0],
        _ => computed.Text(row) == again.Text(0),
    };
}
