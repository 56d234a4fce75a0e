using System.Text.Json.Serialization;

namespace MlOps.Serving;

/// <summary>How much callers may ask for: the member <c>limits</c> of <c>service.json</c>. What is over a limit is refused, and all others are answered.</summary>
internal sealed record ServiceLimits
{
    private const int Mebibyte = 1 << 20;

    /// <summary>The bytes of one request's body, 1 to 1 GiB; 16 MiB where absent. More is 413.</summary>
    public int? BodyBytes { get; init; }

    /// <summary>The bytes of all bodies that come in pieces and are not yet scored, at least <see cref="BodyBytes"/> twice; 256 MiB where absent. More is 503.</summary>
    public long? HeldBytes { get; init; }

    /// <summary>How long a body may take to come, in seconds, 1 to 3600; 30 where absent. Longer is 408.</summary>
    public int? BodySeconds { get; init; }

    /// <summary>Connections at once, 1 to 100,000; 4096 where absent. More are answered 503 and closed.</summary>
    public int? Connections { get; init; }

    /// <summary>Requests that are scored at once, 1 to 10,000; four per processor where absent.</summary>
    public int? Requests { get; init; }

    /// <summary>Requests that may wait for that, first come first served, 0 to 100,000; 512 where absent. More are 503.</summary>
    public int? Waiting { get; init; }

    /// <summary>How long one may wait, in seconds, 1 to 3600; 10 where absent. Longer is 503.</summary>
    public int? WaitSeconds { get; init; }

    [JsonIgnore]
    public int MostBodyBytes => BodyBytes ?? 16 * Mebibyte;

    [JsonIgnore]
    public long MostHeldBytes => HeldBytes ?? Math.Max(256 * Mebibyte, 2L * MostBodyBytes);

    [JsonIgnore]
    public TimeSpan BodyTime => TimeSpan.FromSeconds(BodySeconds ?? 30);

    [JsonIgnore]
    public int MostConnections => Connections ?? 4096;

    [JsonIgnore]
    public int MostRequests => Requests ?? 4 * Environment.ProcessorCount;

    [JsonIgnore]
    public int MostWaiting => Waiting ?? 512;

    [JsonIgnore]
    public TimeSpan WaitTime => TimeSpan.FromSeconds(WaitSeconds ?? 10);

    /// <summary>What cannot be; null where all can.</summary>
    public string? Problem() =>
        Outside(BodyBytes, "bodyBytes", 1, 1 << 30) ?? Outside(HeldBytes, "heldBytes", 2L * MostBodyBytes, long.MaxValue) ?? Outside(BodySeconds, "bodySeconds", 1, 3600)
        ?? Outside(Connections, "connections", 1, 100_000) ?? Outside(Requests, "requests", 1, 10_000) ?? Outside(Waiting, "waiting", 0, 100_000) ?? Outside(WaitSeconds, "waitSeconds", 1, 3600);

    private static string? Outside(long? value, string name, long least, long most) =>
        value < least || value > most ? FormattableString.Invariant($"limits.{name} is not {(most == long.MaxValue ? $"at least {least}" : $"within {least} and {most}")}") : null;
}
