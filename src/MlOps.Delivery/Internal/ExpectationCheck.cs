using System.Globalization;
using System.Text.Json;

namespace MlOps.Delivery.Internal;

/// <summary>Compares a served prediction with what it should be.</summary>
internal static class ExpectationCheck
{
    /// <param name="expected">What it should be, or null.</param>
    /// <param name="prediction">A number, or <c>{"label", "probabilities"}</c>.</param>
    public static (bool Passed, string Message) Of(Expectation? expected, JsonElement prediction)
    {
        var isClass = prediction.ValueKind == JsonValueKind.Object;
        var label = isClass ? prediction.GetProperty("label").GetString() : null;
        var number = isClass ? Probability(prediction.GetProperty("probabilities")) : Number(prediction);
        var seen = isClass ? $"{label} ({Text(number)})" : Text(number);
        var (passed, wanted) = expected switch
        {
            Expectation.Range range => ((range.Min is null || number >= range.Min) && (range.Max is null || number <= range.Max),
                $"{Text(range.Min)} to {Text(range.Max)}"),
            Expectation.Label name => (label == name.Class, name.Class),
            Expectation.Equal equal when equal.Tolerance == 0 => ((float)number == (float)equal.Value, Text(equal.Value)),
            Expectation.Equal equal => (Math.Abs(number - equal.Value) <= equal.Tolerance, $"{Text(equal.Value)} ± {Text(equal.Tolerance)}"),
            _ => (true, "an answer"),
        };
        return (passed, passed ? $"predicted {seen}" : $"predicted {seen}, expected {wanted}");
    }

    /// <summary>Binary models list the positive class last; of several classes the most probable one counts.</summary>
    private static double Probability(JsonElement classes)
    {
        var each = classes.EnumerateObject().Select(one => Number(one.Value)).ToList();
        return each.Count == 2 ? each[1] : each.Max();
    }

    /// <summary>NaN for null, which no expectation is met by.</summary>
    private static double Number(JsonElement value) => value.ValueKind == JsonValueKind.Null ? double.NaN : value.GetDouble();

    private static string Text(double? value) => value is { } number ? number.ToString("R", CultureInfo.InvariantCulture) : "any";
}
