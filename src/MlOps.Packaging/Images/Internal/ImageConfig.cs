using System.Text.Json;
using System.Text.Json.Serialization;
using MlOps.Content;

namespace MlOps.Packaging.Images.Internal;

/// <summary>An image's configuration: what runs, and the layers it stands on. It names no time, so that content alone decides the bytes.</summary>
/// <remarks>https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md.</remarks>
internal sealed record ImageConfig
{
    public required string Architecture { get; init; }

    public required string Os { get; init; }

    public RunConfig? Config { get; set; }

    [JsonPropertyName("rootfs")]
    public required RootFs RootFs { get; init; }

    public IReadOnlyList<HistoryEntry>? History { get; set; }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, ImagesText.Plain.ImageConfig);
}

/// <summary>What runs in a container of the image, and how.</summary>
internal sealed record RunConfig
{
    [JsonPropertyName("User")]
    public string? User { get; set; }

    [JsonPropertyName("ExposedPorts")]
    public IReadOnlyDictionary<string, Nothing>? ExposedPorts { get; set; }

    [JsonPropertyName("Env")]
    public IReadOnlyList<string>? Env { get; set; }

    [JsonPropertyName("Entrypoint")]
    public IReadOnlyList<string>? Entrypoint { get; set; }

    [JsonPropertyName("WorkingDir")]
    public string? WorkingDir { get; set; }

    [JsonPropertyName("Labels")]
    public IReadOnlyDictionary<string, string>? Labels { get; set; }

    [JsonPropertyName("StopSignal")]
    public string? StopSignal { get; set; }

    /// <summary>Docker's own, which the specification reserves.</summary>
    [JsonPropertyName("Healthcheck")]
    public Healthcheck? Healthcheck { get; set; }
}

/// <summary>The empty object.</summary>
internal sealed record Nothing;

/// <summary>Durations in nanoseconds.</summary>
internal sealed record Healthcheck
{
    [JsonPropertyName("Test")]
    public required IReadOnlyList<string> Test { get; init; }

    [JsonPropertyName("Interval")]
    public long Interval { get; set; }

    [JsonPropertyName("Timeout")]
    public long Timeout { get; set; }

    [JsonPropertyName("StartPeriod")]
    public long StartPeriod { get; set; }

    [JsonPropertyName("StartInterval")]
    public long StartInterval { get; set; }

    [JsonPropertyName("Retries")]
    public int Retries { get; set; }
}

internal sealed record RootFs
{
    public required string Type { get; init; }

    [JsonPropertyName("diff_ids")]
    public required IReadOnlyList<Digest> DiffIds { get; init; }
}

internal sealed record HistoryEntry
{
    [JsonPropertyName("created_by")]
    public string? CreatedBy { get; set; }
}
