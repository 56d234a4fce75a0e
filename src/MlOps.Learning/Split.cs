using MlOps.Data;

namespace MlOps.Learning;

/// <summary>How rows are told apart into training and test.</summary>
public enum SplitBy
{
    /// <summary>By the hash of the row's content: equal rows fall on the same side, and a new row moves no other.</summary>
    Hash,

    /// <summary>The last rows by time are the test rows; equal instants fall on the same side.</summary>
    Time,

    /// <summary>The rows that have a value in a column are the test rows.</summary>
    Column,

    /// <summary>By the hash of a key: its rows fall on the same side, and a new key moves no other.</summary>
    Group,

    /// <summary>By the hash of the row's content within each value of a column, so that each has its share on both sides.</summary>
    Stratified,
}

/// <summary>A declared split; <c>split</c> in <c>model.json</c>.</summary>
/// <param name="By">What decides.</param>
/// <param name="Column">The column of time, value, key or class; null for <see cref="SplitBy.Hash"/>.</param>
/// <param name="Share">The share of test rows, above 0 and below 1; not used by <see cref="SplitBy.Column"/>. Default 0.2.</param>
/// <param name="Value">For <see cref="SplitBy.Column"/> the canonical text of the test rows' cells.</param>
public sealed record SplitSpec(SplitBy By, string? Column = null, double Share = 0.2, string? Value = null);

/// <summary>Divides rows into training and test, from their content alone: no seed, and (but for equal instants) whatever their order.</summary>
public static class Split
{
    /// <summary>Whether each row is a test row; both sides have rows.</summary>
    /// <exception cref="MlOps.Content.DiagnosticException">The spec does not fit the rows (MLO6020 to MLO6025).</exception>
    public static bool[] Assign(Frame frame, SplitSpec spec) => throw new NotImplementedException();
}
