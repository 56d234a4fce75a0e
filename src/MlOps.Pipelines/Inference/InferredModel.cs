using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Pipelines.Inference;

/// <summary>How test rows are chosen.</summary>
public enum SplitKind
{
    /// <summary>By the digest of the row: the same row always falls on the same side.</summary>
    Hash,

    /// <summary>The last rows by a timestamp column.</summary>
    Time,

    /// <summary>By the value of a column.</summary>
    Column,

    /// <summary>By the digest of a key: rows of one key fall on one side.</summary>
    Group,

    /// <summary>By the digest of the row, class by class.</summary>
    Stratified,
}

/// <summary>A split that suits the data.</summary>
/// <param name="By">How.</param>
/// <param name="Column">The column of <see cref="SplitKind.Time"/>, <see cref="SplitKind.Column"/> and <see cref="SplitKind.Group"/>; else null.</param>
/// <param name="TestShare">The share of test rows, 0 to 1; null for <see cref="SplitKind.Column"/>.</param>
/// <param name="TestValue">The value that marks a test row, for <see cref="SplitKind.Column"/>; else null.</param>
public sealed record InferredSplit(SplitKind By, string? Column, double? TestShare, string? TestValue);

/// <summary>A column that becomes a feature.</summary>
/// <param name="Reason">Why it has this kind, one clause.</param>
public sealed record InferredFeature(string Column, FeatureKind Kind, string Reason);

/// <summary>A column that does not become a feature.</summary>
/// <param name="Reason">Why not, one clause.</param>
/// <param name="IsIdentifier">Whether it was left out because it names the row.</param>
public sealed record DroppedColumn(string Column, string Reason, bool IsIdentifier = false);

/// <summary>A model declaration as the data suggests it.</summary>
public sealed record InferredModel
{
    /// <summary>What is predicted.</summary>
    public required ModelTask Task { get; init; }

    /// <summary>The column to predict.</summary>
    public required string Label { get; init; }

    /// <summary>The positive class (canonical text) of a binary task; else null.</summary>
    public string? Positive { get; init; }

    /// <summary>The classes among the training rows, ordinally sorted; empty for regression.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>The features in the table's order.</summary>
    public required IReadOnlyList<InferredFeature> Features { get; init; }

    /// <summary>The columns left out, in the table's order; the label is not among them.</summary>
    public required IReadOnlyList<DroppedColumn> Dropped { get; init; }

    /// <summary>How test rows are chosen.</summary>
    public required InferredSplit Split { get; init; }

    /// <summary>The trainer's name: <c>boosted-trees</c> or <c>linear</c>.</summary>
    public required string Trainer { get; init; }

    /// <summary>Rows that have no label and take no part.</summary>
    public required int RowsWithoutLabel { get; init; }

    /// <summary>One line per decision, <c>subject: what, because why</c>, in reading order.</summary>
    public required IReadOnlyList<string> Explanations { get; init; }

    /// <summary>Leaks and other doubts, the gravest first.</summary>
    public required IReadOnlyList<Diagnostic> Warnings { get; init; }
}
