using System.Text.Json.Serialization;

namespace MlOps.Containers.Docker.Internal;

/// <summary>What a container uses, as engines measure it.</summary>
internal sealed record StatsAnswer(
    [property: JsonPropertyName("read")] string? Read,
    [property: JsonPropertyName("cpu_stats")] ProcessorStats? Processor,
    [property: JsonPropertyName("memory_stats")] MemoryStats? Memory,
    [property: JsonPropertyName("pids_stats")] ProcessStats? Processes,
    [property: JsonPropertyName("networks")] IReadOnlyDictionary<string, NetworkStats?>? Networks)
{
    // What does not run has no memory.
    public ContainerStats? ToStats() => ContainerState.TimeOf(Read) is { } time && Memory is { Usage: > 0 } memory
        ? new(
            time,
            TimeSpan.FromTicks((long)((Processor?.Usage?.Total ?? 0) / TimeSpan.NanosecondsPerTick)),
            (long)(memory.Usage - Math.Min(memory.Usage, memory.FileCache)),
            (long)Math.Min(memory.Limit, long.MaxValue),
            (long)(Processes?.Current ?? 0),
            (long)(Networks?.Values.Aggregate(0UL, (sum, network) => sum + (network?.Received ?? 0)) ?? 0),
            (long)(Networks?.Values.Aggregate(0UL, (sum, network) => sum + (network?.Sent ?? 0)) ?? 0))
        : null;
}

/// <summary>Processor time.</summary>
internal sealed record ProcessorStats([property: JsonPropertyName("cpu_usage")] ProcessorUsage? Usage);

/// <summary>In nanoseconds.</summary>
internal sealed record ProcessorUsage([property: JsonPropertyName("total_usage")] ulong Total);

/// <summary>Memory; the details' names are those of the kernel's control groups.</summary>
internal sealed record MemoryStats(
    [property: JsonPropertyName("usage")] ulong Usage,
    [property: JsonPropertyName("limit")] ulong Limit,
    [property: JsonPropertyName("stats")] IReadOnlyDictionary<string, ulong>? Details)
{
    /// <summary>What the kernel gives up first: version 1 of control groups, or version 2.</summary>
    public ulong FileCache => Details is null ? 0 : Details.TryGetValue("total_inactive_file", out var one) || Details.TryGetValue("inactive_file", out one) ? one : 0;
}

/// <summary>Processes and threads.</summary>
internal sealed record ProcessStats([property: JsonPropertyName("current")] ulong Current);

/// <summary>Bytes of one network.</summary>
internal sealed record NetworkStats([property: JsonPropertyName("rx_bytes")] ulong Received, [property: JsonPropertyName("tx_bytes")] ulong Sent);
