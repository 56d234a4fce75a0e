using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine.Internal;

namespace MlOps.Engine;

/// <summary>What the lock says of one step: by it the next build knows whether the step is up to date, and a reader why not.</summary>
public sealed record StepTrace
{
    private readonly LazyJson? _parameters;

    /// <summary>Its fingerprint when it was built.</summary>
    public required Digest Fingerprint { get; init; }

    /// <summary>Its code then.</summary>
    public ImmutableSortedDictionary<string, Digest> Code { get; init; } = StepRecord.NoOutputs;

    /// <summary>Those of its file inputs that no fact shows.</summary>
    public ImmutableSortedDictionary<string, Digest> Inputs { get; init; } = StepRecord.NoOutputs;

    /// <summary>What it made.</summary>
    public ImmutableSortedDictionary<string, Digest> Outputs { get; init; } = StepRecord.NoOutputs;

    /// <summary>Its parameters then; not to be changed.</summary>
    public JsonObject Parameters => _parameters?.Value as JsonObject ?? [];

    /// <summary>Its declared software then.</summary>
    public ImmutableSortedDictionary<string, string> Toolchain { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>The numbers that its metrics files held; not to be changed.</summary>
    public JsonObject Metrics => RawMetrics?.Value as JsonObject ?? [];

    internal LazyJson? RawMetrics { get; init; }

    internal LazyJson? RawParameters
    {
        get => _parameters;
        init => _parameters = value;
    }
}
