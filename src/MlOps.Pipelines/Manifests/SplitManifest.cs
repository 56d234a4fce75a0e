using System.Text.Json.Serialization;
using MlOps.Learning;

namespace MlOps.Pipelines.Manifests;

/// <summary>Which rows test a model and never train it.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "by")]
[JsonDerivedType(typeof(HashSplit), "hash")]
[JsonDerivedType(typeof(TimeSplit), "time")]
[JsonDerivedType(typeof(ColumnSplit), "column")]
[JsonDerivedType(typeof(GroupSplit), "group")]
[JsonDerivedType(typeof(StratifiedSplit), "stratified")]
public abstract record SplitManifest
{
    /// <summary>What the learner is told.</summary>
    /// <param name="label">The model's label.</param>
    internal abstract SplitSpec Spec(string label);
}

/// <summary>By the hash of the row's content: equal rows fall on the same side, and a new row moves no other.</summary>
public sealed record HashSplit : SplitManifest
{
    /// <summary>The share of test rows, above 0 and below 1; default 0.2.</summary>
    public double Test { get; set; } = 0.2;

    internal override SplitSpec Spec(string label) => new(SplitBy.Hash, Share: Test);
}

/// <summary>The last rows by time are the test rows; equal instants fall on the same side.</summary>
public sealed record TimeSplit : SplitManifest
{
    /// <summary>The column of time.</summary>
    public required string Column { get; init; }

    /// <summary>The share of test rows, above 0 and below 1; default 0.2.</summary>
    public double Test { get; set; } = 0.2;

    internal override SplitSpec Spec(string label) => new(SplitBy.Time, Column, Test);
}

/// <summary>The rows that have a value in a column are the test rows; the column is never a feature.</summary>
public sealed record ColumnSplit : SplitManifest
{
    /// <summary>The column.</summary>
    public required string Column { get; init; }

    /// <summary>The test rows' value, as text.</summary>
    public required string Test { get; init; }

    internal override SplitSpec Spec(string label) => new(SplitBy.Column, Column, Value: Test);
}

/// <summary>By the hash of a key: its rows fall on the same side, and a new key moves no other.</summary>
public sealed record GroupSplit : SplitManifest
{
    /// <summary>The key's column; never a feature.</summary>
    public required string Column { get; init; }

    /// <summary>The share of test rows, above 0 and below 1; default 0.2.</summary>
    public double Test { get; set; } = 0.2;

    internal override SplitSpec Spec(string label) => new(SplitBy.Group, Column, Test);
}

/// <summary>By the hash of the row's content within each class, so that each has its share on both sides.</summary>
public sealed record StratifiedSplit : SplitManifest
{
    /// <summary>The column of classes; default: the label.</summary>
    public string? Column { get; init; }

    /// <summary>The share of test rows, above 0 and below 1; default 0.2.</summary>
    public double Test { get; set; } = 0.2;

    internal override SplitSpec Spec(string label) => new(SplitBy.Stratified, Column ?? label, Test);
}
