using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Pipelines.Inference.Internal;

/// <summary>What the label's values make of the task.</summary>
/// <remarks>Two values are a binary task, whatever their type. Three or more texts are multiclass. Three or more numbers are regression, unless they
/// are at most 20 whole numbers from 0 or 1 upwards without a gap and the label's name speaks of classes.</remarks>
internal sealed record LabelRule(ModelTask Task, string Reason, IReadOnlyList<string> Classes, string? Positive, string? PositiveReason,
    IReadOnlyList<Diagnostic> Warnings)
{
    private const int MostNumberedClasses = 20;
    private const int ManyClasses = 100;

    private static readonly string[] ClassWords =
        ["class", "category", "type", "kind", "code", "label", "target", "cluster", "group", "segment", "species", "topic", "grade", "rating"];

    private static readonly string[] YesWords = ["1", "true", "yes"];

    internal static LabelRule Of(Frame training, InferenceOptions options)
    {
        var label = training[options.Label];
        if (label is TimestampColumn)
        {
            throw LabelledRows.Failed("MLO2105", $"label '{label.Name}' holds dates or times", "numbers and classes can be predicted", options,
                "make it a number, such as days from now");
        }

        var counts = Count(label);
        if (counts.Count == 1)
        {
            throw LabelledRows.Failed(
                "MLO2104", $"label '{label.Name}' is '{counts.Keys.First()}' in every training row", "there is nothing to tell apart", options,
                "bring rows with other labels, or choose another column");
        }

        if (counts.Count == 2)
        {
            return Binary(label, counts, options);
        }

        if (options.Positive is not null)
        {
            throw LabelledRows.Failed(
                "MLO2108", $"a positive class needs a label of two values; '{label.Name}' has {counts.Count}", null, options, "leave --positive out");
        }

        return label is NumberColumn numbers && !AreNumberedClasses(numbers, counts)
            ? new(ModelTask.Regression, Words.Say($"{label.Name} holds numbers, {counts.Count} different ones"), [], null, null, [])
            : Multiclass(label, counts, options);
    }

    private static LabelRule Multiclass(Column label, SortedDictionary<string, int> counts, InferenceOptions options)
    {
        if (counts.Count == label.Length)
        {
            throw LabelledRows.Failed("MLO2105", $"label '{label.Name}' is a different text in every row", "a class needs several rows", options,
                "choose another column");
        }

        var few = counts.Count(count => count.Value < 5);
        Diagnostic[] warnings = counts.Count <= ManyClasses ? [] :
        [
            new("MLO2156", Words.Say($"label '{label.Name}' has {counts.Count} classes"))
            {
                Severity = Severity.Warning,
                Where = options.Where,
                Why = Words.Say($"{few} of them have fewer than 5 training rows"),
                Mend = "merge rare classes",
            },
        ];
        var what = label is NumberColumn ? "whole numbers in a row, and its name speaks of classes" : "different texts";
        return new(ModelTask.Multiclass, Words.Say($"{label.Name} has {counts.Count} {what}"), [.. counts.Keys], null, null, warnings);
    }

    private static LabelRule Binary(Column label, SortedDictionary<string, int> counts, InferenceOptions options)
    {
        var (positive, reason) = ChoosePositive(counts, options);
        var reasons = $"{label.Name} has two values, {string.Join(" and ", counts.Keys)}";
        return new(ModelTask.Binary, reasons, [.. counts.Keys], positive, reason, []);
    }

    private static (string Positive, string Reason) ChoosePositive(SortedDictionary<string, int> counts, InferenceOptions options)
    {
        if (options.Positive is { } asked)
        {
            return counts.ContainsKey(asked)
                ? (asked, "you said so")
                : throw LabelledRows.Failed("MLO2108", $"'{asked}' is no value of label '{options.Label}'",
                    $"it holds {string.Join(" and ", counts.Keys)}", options, "give one of them with --positive");
        }

        foreach (var yes in YesWords)
        {
            if (counts.Keys.FirstOrDefault(value => string.Equals(value, yes, StringComparison.OrdinalIgnoreCase)) is { } found)
            {
                return (found, "it says yes");
            }
        }

        var (first, last) = (counts.First(), counts.Last());
        var rarer = first.Value < last.Value ? first : last;
        return (rarer.Key, Words.Say($"it is the rarer, {rarer.Value} of {first.Value + last.Value} training rows"));
    }

    private static bool AreNumberedClasses(NumberColumn column, SortedDictionary<string, int> counts)
    {
        var (least, greatest) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in column.Values)
        {
            if (value != Math.Floor(value))
            {
                return false;
            }

            (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
        }

        return counts.Count <= MostNumberedClasses && least is 0 or 1 && greatest - least + 1 == counts.Count
            && ClassWords.Contains(Words.Of(column.Name).LastOrDefault(), StringComparer.Ordinal);
    }

    private static SortedDictionary<string, int> Count(Column label)
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var row = 0; row < label.Length; row++)
        {
            var text = label.Text(row)!;
            counts[text] = counts.GetValueOrDefault(text) + 1;
        }

        return counts;
    }
}
