using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace MlOps.Content;

/// <summary>What a step's run gave: the result that the store keeps under the step's fingerprint.</summary>
public sealed record StepRecord
{
    /// <summary>Each declared output's digest by its name.</summary>
    public ImmutableSortedDictionary<string, Digest> Outputs { get; init; } = NoOutputs;

    /// <summary>What its programs printed, an object of the store; null if they printed nothing. No result depends on it, so the lock does not name it.</summary>
    public Digest? Log { get; init; }

    /// <summary>What the store keeps for it: each output, a file or a directory, and the log.</summary>
    public IEnumerable<ContentRef> Contents =>
        [.. Outputs.Select(output => ContentRef.Of(output.Key, output.Value)), .. Log is { } log ? [new ContentRef(log, IsTree: false)] : Array.Empty<ContentRef>()];

    /// <summary>The finite numbers that a run step's metrics files hold, by name; they stand in the lock at the step. Not changed after construction.</summary>
    public JsonObject Metrics { get; init; } = [];

    /// <summary>The facts that the lock shows beside the step, such as metrics; not changed after construction.</summary>
    public JsonObject Facts { get; init; } = [];

    /// <summary>An empty, ordinally sorted set of outputs to add to.</summary>
    public static ImmutableSortedDictionary<string, Digest> NoOutputs { get; } =
        ImmutableSortedDictionary.Create<string, Digest>(StringComparer.Ordinal);
}
