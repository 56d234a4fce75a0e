using System.Text.Json.Serialization;

namespace MlOps.Containers.Docker.Internal;

/// <summary>Something that happened, as engines tell it.</summary>
internal sealed record EventMessage(string? Type, string? Action, EventActor? Actor, [property: JsonPropertyName("time")] long Time, [property: JsonPropertyName("timeNano")] long TimeNano)
{
    // A time that no calendar has is as good as none.
    private const long LastSecond = 253_402_300_799;

    public DockerEvent ToEvent() => new(
        TimeNano > 0 ? DateTimeOffset.UnixEpoch.AddTicks(TimeNano / TimeSpan.NanosecondsPerTick) : DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(Time, 0, LastSecond)),
        Type ?? "",
        Action ?? "",
        Actor?.ID ?? "",
        Actor?.Attributes ?? new Dictionary<string, string>());
}

/// <summary>What it happened to.</summary>
internal sealed record EventActor(string? ID, IReadOnlyDictionary<string, string>? Attributes);
