namespace MlOps.Pipelines.Inference;

/// <summary>What the user said about a new model; the rest is inferred.</summary>
public sealed record InferenceOptions
{
    /// <summary>The column to predict.</summary>
    public required string Label { get; init; }

    /// <summary>What diagnostics call the table: its path relative to the workspace.</summary>
    public string Where { get; init; } = "data.csv";

    /// <summary>The column whose value tells test rows from training rows; never a feature. Null: a split is suggested.</summary>
    public string? SplitColumn { get; init; }

    /// <summary>The value of <see cref="SplitColumn"/> (canonical text) that marks a test row.</summary>
    public string? TestValue { get; init; }

    /// <summary>A key that must not stand on both sides of the split; never a feature.</summary>
    public string? Group { get; init; }

    /// <summary>Columns that must not be features.</summary>
    public IReadOnlyList<string> Drop { get; init; } = [];

    /// <summary>The positive class of a binary label, as canonical text. Null: 1, true or yes (any case), else the rarer.</summary>
    public string? Positive { get; init; }
}
