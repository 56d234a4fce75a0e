using System.Globalization;
using MlOps.Data.Internal;

namespace MlOps.Data;

/// <summary>What a column probably means, and why.</summary>
/// <param name="Reason">One clause in lower case without a full stop, for people.</param>
public sealed record InferredKind(FeatureKind Kind, string Reason);

/// <summary>Tells what a column means to a model from its type, its cells and the last word of its name.</summary>
/// <remarks>
/// <para>Booleans are boolean, dates and times are timestamps, decimal numbers are numeric.</para>
/// <para>Whole numbers are an identifier if no cell repeats and they run in the file's order or lie as densely as a counter, or if the name ends in a word
/// such as <c>id</c> and more than half of the cells are distinct; categorical if the name ends in a word such as <c>code</c> and there are few
/// values; else numeric, 0 and 1 included: what callers send is then what the file holds.</para>
/// <para>Strings are an identifier if no cell repeats and none has blanks; text if they have more than two words on average and many values; else
/// categorical. Fewer than ten cells are never called an identifier.</para>
/// </remarks>
public static class FeatureInference
{
    private const int FewestForIdentifier = 10;
    private const int MostCategories = 1000;
    private const double CounterDensity = 1.5;

    private static readonly string[] IdentifierWords = ["id", "uid", "uuid", "guid", "key", "index"];
    private static readonly string[] CodeWords = ["id", "code", "zip", "postcode", "category", "class", "type", "kind", "cluster", "segment"];

    /// <summary>Infers the kind of one column.</summary>
    /// <exception cref="KeyNotFoundException">The frame has no such column.</exception>
    public static InferredKind Infer(Frame frame, string column) => frame[column] switch
    {
        BooleanColumn => new(FeatureKind.Boolean, "true and false"),
        TimestampColumn => new(FeatureKind.Timestamp, "dates or times"),
        NumberColumn { Type: ColumnType.Integer } numbers => OfIntegers(numbers),
        NumberColumn => new(FeatureKind.Numeric, "decimal numbers"),
        StringColumn strings => OfStrings(strings),
        var other => throw new ArgumentException($"column '{other.Name}' has an unknown class", nameof(column)),
    };

    private static InferredKind OfIntegers(NumberColumn column)
    {
        double[] cells = [.. column.Values.Where(value => !double.IsNaN(value))];
        var (rising, falling) = (true, true);
        for (var i = 1; i < cells.Length; i++)
        {
            rising &= cells[i] > cells[i - 1];
            falling &= cells[i] < cells[i - 1];
        }

        Array.Sort(cells);
        var distinct = cells.Length == 0 ? 0 : 1;
        for (var i = 1; i < cells.Length; i++)
        {
            distinct += cells[i] != cells[i - 1] ? 1 : 0;
        }

        if (cells.Length >= FewestForIdentifier)
        {
            if (rising || falling)
            {
                return new(FeatureKind.Identifier, "whole numbers that never repeat and run in the file's order");
            }

            if (distinct == cells.Length && cells[^1] - cells[0] < CounterDensity * cells.Length)
            {
                return new(FeatureKind.Identifier, "whole numbers that never repeat and lie as densely as a counter");
            }

            if (distinct > cells.Length / 2 && EndsIn(column.Name, IdentifierWords))
            {
                return new(FeatureKind.Identifier, Format($"named like a key, {distinct} values in {cells.Length} cells"));
            }
        }

        return distinct <= MostCategories && EndsIn(column.Name, CodeWords)
            ? new(FeatureKind.Categorical, Format($"named like a code, {distinct} values"))
            : new(FeatureKind.Numeric, Format($"whole numbers, {distinct} {(distinct == 1 ? "value" : "values")}"));
    }

    private static InferredKind OfStrings(StringColumn column)
    {
        var facts = TextFacts.Of(column);
        if (facts.Cells >= FewestForIdentifier && facts.Distinct == facts.Cells && facts.WithBlanks == 0)
        {
            return new(FeatureKind.Identifier, "texts without blanks that never repeat");
        }

        if (facts.MeanWords > 2 && facts.Distinct > Math.Max(20, facts.Cells / 10))
        {
            return new(FeatureKind.Text, Format($"{facts.MeanWords:0.#} words on average, {facts.Distinct} different texts in {facts.Cells} cells"));
        }

        return new(FeatureKind.Categorical, Format($"{facts.Distinct} {(facts.Distinct == 1 ? "value" : "values")}"));
    }

    /// <summary>Whether the last word of a name (customer_id, customerId, customer-ID) is one of the words.</summary>
    private static bool EndsIn(string name, string[] words)
    {
        var last = name.AsSpan(NameWords.LastStart(name));
        foreach (var word in words)
        {
            if (last.Equals(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
