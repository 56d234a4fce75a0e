using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MlOps.Content;

namespace MlOps.Engine;

/// <summary>What the lock says of one step: the traces that decide whether it is up to date.</summary>
public sealed record StepTrace
{
    /// <summary>Its fingerprint when it was built.</summary>
    public required Digest Fingerprint { get; init; }

    /// <summary>Its code then.</summary>
    public ImmutableSortedDictionary<string, Digest> Code { get; init; } = StepRecord.NoOutputs;

    /// <summary>Those of its file inputs that no fact shows.</summary>
    public ImmutableSortedDictionary<string, Digest> Inputs { get; init; } = StepRecord.NoOutputs;

    /// <summary>What it made.</summary>
    public ImmutableSortedDictionary<string, Digest> Outputs { get; init; } = StepRecord.NoOutputs;

    /// <summary>Its parameters then.</summary>
    public JsonObject Parameters { get; init; } = [];

    /// <summary>Its declared software then.</summary>
    public ImmutableSortedDictionary<string, string> Toolchain { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
}

/// <summary><c>data.lock.json</c>: the pinned results, reviewed by people and merged by machines.</summary>
public sealed class LockFile
{
    /// <summary>The number that stands under <c>format</c>.</summary>
    public const int Format = 1;

    /// <summary>The lock of a workspace in which nothing was built.</summary>
    public static LockFile Empty { get; } = new();

    /// <summary>The places of all steps, in the file's order.</summary>
    public IEnumerable<LockAddress> Addresses => [];

    /// <summary>Reads a lock; a missing file is <see cref="Empty"/>.</summary>
    /// <exception cref="DiagnosticException">Merge-conflict markers, malformed JSON, an unknown format: with the line and how to mend.</exception>
    public static LockFile Read(string path) => throw new NotImplementedException();

    /// <summary>Reads a lock's bytes; <paramref name="where"/> names the file in diagnostics.</summary>
    /// <inheritdoc cref="Read"/>
    public static LockFile Parse(ReadOnlyMemory<byte> json, string where) => throw new NotImplementedException();

    /// <summary>What it says of a step, or null.</summary>
    public StepTrace? Find(LockAddress address) => throw new NotImplementedException();

    /// <summary>A fact of an owner such as <c>models/churn</c>, or null.</summary>
    public JsonNode? Fact(string owner, string name) => throw new NotImplementedException();
}
