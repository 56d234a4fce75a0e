using System.Globalization;
using MlOps.Content;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>What a metric must reach; both bounds inclusive.</summary>
public sealed record GateBounds
{
    /// <summary>The least value that passes, or null.</summary>
    public double? Min { get; init; }

    /// <summary>The largest value that passes, or null.</summary>
    public double? Max { get; init; }
}

/// <summary>What a gate says of metrics.</summary>
/// <param name="Passed">Whether every bound holds.</param>
/// <param name="Reasons">One sentence per bound that does not hold, by metric in ordinal order.</param>
public sealed record GateVerdict(bool Passed, IReadOnlyList<string> Reasons);

/// <summary>Fixed thresholds that a model must meet.</summary>
public static class Gate
{
    /// <summary>What is wrong with the thresholds themselves: a metric that the task has not (MLO6030), or bounds that nothing meets (MLO6031).</summary>
    public static IReadOnlyList<Diagnostic> Validate(IReadOnlyDictionary<string, GateBounds> thresholds, ModelTask task) =>
        Validate(thresholds, Metrics.Names(task));

    /// <summary>Compares; a metric that is null (undefined) never passes.</summary>
    /// <exception cref="DiagnosticException">The thresholds are wrong themselves (MLO6030, MLO6031).</exception>
    public static GateVerdict Check(IReadOnlyDictionary<string, GateBounds> thresholds, IReadOnlyDictionary<string, double?> metrics)
    {
        if (Validate(thresholds, [.. metrics.Keys.Order(StringComparer.Ordinal)]) is { Count: > 0 } wrong)
        {
            throw new DiagnosticException(wrong);
        }

        var reasons = new List<string>();
        foreach (var (metric, bounds) in thresholds.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            // Written so that NaN fails as well.
            var reason = metrics[metric] switch
            {
                null => $"{metric} is undefined for these test rows",
                { } value when bounds.Min is { } min && !(value >= min) => Sentence(metric, value, "below the least allowed", min),
                { } value when bounds.Max is { } max && !(value <= max) => Sentence(metric, value, "above the most allowed", max),
                _ => null,
            };
            if (reason is not null)
            {
                reasons.Add(reason);
            }
        }

        return new(reasons.Count == 0, reasons);
    }

    private static List<Diagnostic> Validate(IReadOnlyDictionary<string, GateBounds> thresholds, IReadOnlyList<string> known)
    {
        var found = new List<Diagnostic>();
        foreach (var (metric, bounds) in thresholds.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            if (!known.Contains(metric, StringComparer.Ordinal))
            {
                found.Add(new("MLO6030", $"gate '{metric}' is no metric of this model")
                {
                    Why = $"its metrics are {string.Join(", ", known)}",
                    Mend = Diagnostic.Nearest(metric, known) is { } near ? $"did you mean '{near}'?" : $"use one of them",
                });
            }
            else if (bounds is { Min: null, Max: null } || bounds.Min > bounds.Max || (bounds.Min is double.NaN) || (bounds.Max is double.NaN))
            {
                found.Add(new("MLO6031", $"gate '{metric}' has no bounds that a value could meet")
                {
                    Why = $"min is {Print(bounds.Min)}, max is {Print(bounds.Max)}",
                    Mend = "give 'min', 'max' or both, min not above max",
                });
            }
        }

        return found;
    }

    private static string Print(double? bound) => bound?.ToString("R", CultureInfo.InvariantCulture) ?? "absent";

    private static string Sentence(string metric, double value, string relation, double bound) =>
        string.Create(CultureInfo.InvariantCulture, $"{metric} {value:0.#####} is {relation}, {bound:R}");
}
