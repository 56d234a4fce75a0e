using System.Text.Json.Serialization;
using MlOps.Learning;

namespace MlOps.Pipelines.Manifests;

/// <summary>What a model must meet: bounds by metric, and comparisons by interval. Verdicts are pass, fail and inconclusive; a metric that is undefined never
/// passes.</summary>
public sealed record GateManifest
{
    /// <summary>Regression: the root of the mean squared error, in the label's unit.</summary>
    public GateBounds? Rmse { get; init; }

    /// <summary>Regression: the mean absolute error, in the label's unit.</summary>
    public GateBounds? Mae { get; init; }

    /// <summary>Regression: the share of the label's variance that is explained.</summary>
    public GateBounds? R2 { get; init; }

    /// <summary>Binary: the share of pairs of a positive and a negative row that the score orders rightly.</summary>
    public GateBounds? Auc { get; init; }

    /// <summary>Binary and multiclass: the share of rows whose class is predicted.</summary>
    public GateBounds? Accuracy { get; init; }

    /// <summary>Binary: the harmonic mean of precision and recall of the positive class.</summary>
    public GateBounds? F1 { get; init; }

    /// <summary>Binary and multiclass: the mean negative logarithm of the true class's probability.</summary>
    public GateBounds? LogLoss { get; init; }

    /// <summary>Multiclass: the mean of each class's share found.</summary>
    public GateBounds? MacroAccuracy { get; init; }

    /// <summary>Multiclass: the mean of each class's F1.</summary>
    public GateBounds? MacroF1 { get; init; }

    /// <summary>By the names of <c>evaluate.metrics</c>: metrics that the model's own code computes.</summary>
    public Dictionary<string, GateBounds>? Metrics { get; init; }

    /// <summary>Asks that the model beats the constant prediction.</summary>
    public BaselineRule? Baseline { get; init; }

    /// <summary>Asks that the model is no worse than the one that an environment runs.</summary>
    public ChampionRule? Champion { get; init; }

    /// <summary>By column and by metric or rate (binary: truePositiveRate, falsePositiveRate, selectionRate), how far the groups of test rows may lie
    /// apart.</summary>
    public Dictionary<string, Dictionary<string, GapBounds>>? Gaps { get; init; }

    /// <summary>The bounds that are declared, by metric.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, GateBounds> Thresholds => Bounds.Where(bound => bound.Bounds is not null).ToDictionary(bound => bound.Metric, bound => bound.Bounds!, StringComparer.Ordinal);

    /// <summary>What the learner is told.</summary>
    [JsonIgnore]
    public GateRules Rules => new() { Thresholds = Thresholds, Baseline = Baseline, Champion = Champion, Gaps = Gaps ?? [] };

    private IEnumerable<(string Metric, GateBounds? Bounds)> Bounds =>
    [
        ("rmse", Rmse), ("mae", Mae), ("r2", R2), ("auc", Auc), ("accuracy", Accuracy), ("f1", F1), ("logLoss", LogLoss), ("macroAccuracy", MacroAccuracy), ("macroF1", MacroF1),
        .. (Metrics ?? []).Where(bound => MetricOptions.IsName(bound.Key)).Select(bound => (bound.Key, (GateBounds?)bound.Value)),
    ];
}
