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
    /// <summary>What is wrong with the thresholds themselves: an unknown metric (MLO6030), or bounds that nothing meets (MLO6031).</summary>
    public static IReadOnlyList<Diagnostic> Validate(IReadOnlyDictionary<string, GateBounds> thresholds, ModelTask task) => throw new NotImplementedException();

    /// <summary>Compares; a metric that is null (undefined) never passes.</summary>
    /// <exception cref="DiagnosticException">A threshold names no metric of the model (MLO6030).</exception>
    public static GateVerdict Check(IReadOnlyDictionary<string, GateBounds> thresholds, IReadOnlyDictionary<string, double?> metrics) =>
        throw new NotImplementedException();
}
