using System.Globalization;
using MlOps.Content;

namespace MlOps.Learning.Internal;

/// <summary>What can be wrong with a gate's rules without looking at a model.</summary>
internal static class GateCheck
{
    /// <param name="metrics">The metrics that there are.</param>
    /// <param name="hasRates">Whether groups have rates too.</param>
    public static IReadOnlyList<(string[] Path, Diagnostic Diagnostic)> Of(GateRules rules, IReadOnlyList<string> metrics, bool hasRates)
    {
        var found = new List<(string[], Diagnostic)>();
        foreach (var (metric, bounds) in rules.Thresholds.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            if (Unknown(metric, metrics) is { } unknown)
            {
                found.Add(([metric], unknown));
            }
            else if (bounds is { Min: null, Max: null } || bounds.Min > bounds.Max || (bounds.Min is double.NaN) || (bounds.Max is double.NaN))
            {
                found.Add(([metric], new("MLO6031", $"gate '{metric}' has no bounds that a value could meet")
                {
                    Why = $"min is {Print(bounds.Min)}, max is {Print(bounds.Max)}",
                    Mend = "give 'min', 'max' or both, min not above max",
                }));
            }
        }

        Compared("baseline", rules.Baseline?.Metric, rules.Baseline?.Confidence ?? 0.95, 0);
        Compared("champion", rules.Champion?.Metric, rules.Champion?.Confidence ?? 0.95, rules.Champion?.Margin ?? 0);
        foreach (var (column, measures) in rules.Gaps)
        {
            foreach (var (measure, bounds) in measures)
            {
                string[] path = ["gaps", column, measure];
                found.AddRange(Unknown(measure, hasRates ? [.. metrics, .. Metrics.Rates] : metrics) is { } unknown ? [(path, unknown)] : []);
                found.AddRange(bounds.Max >= 0 ? [] : [(path, OutOfRange("max", bounds.Max, "0 or more"))]);
            }
        }

        return found;

        void Compared(string rule, string? metric, double confidence, double margin)
        {
            found.AddRange(metric is not null && Unknown(metric, metrics) is { } unknown ? [([rule, "metric"], unknown)] : []);
            found.AddRange(confidence is >= 0.5 and <= 0.9999 ? [] : [([rule, "confidence"], OutOfRange("confidence", confidence, "0.5 to 0.9999"))]);
            found.AddRange(margin >= 0 ? [] : [([rule, "margin"], OutOfRange("margin", margin, "0 or more"))]);
        }
    }

    private static Diagnostic? Unknown(string metric, IReadOnlyList<string> known) => known.Contains(metric, StringComparer.Ordinal) ? null
        : new("MLO6030", $"gate '{metric}' is no metric of this model")
        {
            Why = $"its metrics are {string.Join(", ", known)}",
            Mend = Diagnostic.Nearest(metric, known) is { } near ? $"did you mean '{near}'?" : "use one of them",
        };

    private static Diagnostic OutOfRange(string name, double value, string allowed) => new("MLO6032", $"'{name}' of the gate is out of range")
    {
        Why = string.Create(CultureInfo.InvariantCulture, $"it is {value}; allowed is {allowed}"),
        Mend = $"choose {allowed}, or remove it for the default",
    };

    private static string Print(double? bound) => bound?.ToString("R", CultureInfo.InvariantCulture) ?? "absent";
}
