using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace MlOps.Content;

/// <summary>What a step's run gave: the result that the store keeps under the step's fingerprint.</summary>
public sealed record StepRecord
{
    /// <summary>Each declared output's digest by its name.</summary>
    public ImmutableSortedDictionary<string, Digest> Outputs { get; init; } = NoOutputs;

    /// <summary>What the store must have for it: each output, a file or a directory.</summary>
    public IEnumerable<ContentRef> Contents => Outputs.Select(output => ContentRef.Of(output.Key, output.Value));

    /// <summary>The facts that the lock shows beside the step, such as metrics; not changed after construction.</summary>
    public JsonObject Facts { get; init; } = [];

    /// <summary>An empty, ordinally sorted set of outputs to add to.</summary>
    public static ImmutableSortedDictionary<string, Digest> NoOutputs { get; } =
        ImmutableSortedDictionary.Create<string, Digest>(StringComparer.Ordinal);
}
