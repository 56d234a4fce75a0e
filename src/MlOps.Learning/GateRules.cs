namespace MlOps.Learning;

/// <summary>What a metric must reach; both bounds inclusive.</summary>
public sealed record GateBounds
{
    /// <summary>The least value that passes, or null.</summary>
    public double? Min { get; init; }

    /// <summary>The largest value that passes, or null.</summary>
    public double? Max { get; init; }
}

/// <summary>The model must beat the constant prediction: the whole interval of the difference must lie above 0.</summary>
public sealed record BaselineRule
{
    /// <summary>The metric that is compared.</summary>
    public required string Metric { get; init; }

    /// <summary>The confidence of the interval: 0.5 to 0.9999; default 0.95.</summary>
    public double Confidence { get; set; } = 0.95;
}

/// <summary>The model must be no worse than the one that an environment runs: the whole interval of the difference must lie at 0 or above, and no slice may be
/// surely worse.</summary>
public sealed record ChampionRule
{
    /// <summary>The environment whose version in the model's releases.json is the champion.</summary>
    public required string Environment { get; init; }

    /// <summary>The metric that is compared.</summary>
    public required string Metric { get; init; }

    /// <summary>The confidence of the interval: 0.5 to 0.9999; default 0.95.</summary>
    public double Confidence { get; set; } = 0.95;

    /// <summary>How much worse it may be, in the metric's unit; default 0.</summary>
    public double Margin { get; set; }
}

/// <summary>How far groups of test rows may lie apart.</summary>
public sealed record GapBounds
{
    /// <summary>The largest difference between two groups that passes.</summary>
    public required double Max { get; init; }
}

/// <summary>All that a gate asks of a model.</summary>
public sealed record GateRules
{
    /// <summary>Bounds by metric.</summary>
    public IReadOnlyDictionary<string, GateBounds> Thresholds { get; init; } = new Dictionary<string, GateBounds>();

    /// <summary>Compares with the constant prediction; null does not.</summary>
    public BaselineRule? Baseline { get; init; }

    /// <summary>Compares with the champion; null does not.</summary>
    public ChampionRule? Champion { get; init; }

    /// <summary>By column and by metric or rate, how far the column's groups may lie apart.</summary>
    public IReadOnlyDictionary<string, Dictionary<string, GapBounds>> Gaps { get; init; } = new Dictionary<string, Dictionary<string, GapBounds>>();

    /// <summary>Whether predictions are asked for, not metrics alone.</summary>
    public bool Compares => Baseline is not null || Champion is not null || Gaps.Count > 0;
}
