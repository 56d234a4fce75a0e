using System.Net;
using MlOps.Content;

namespace MlOps.Containers.Docker;

/// <summary>A container as its engine describes it.</summary>
/// <param name="Id">64 hex digits.</param>
/// <param name="Name">Its name.</param>
public sealed record ContainerDetails(string Id, string Name)
{
    /// <summary>The image as it was named when the container was made.</summary>
    public required string Image { get; init; }

    /// <summary>The image's ID; null if the engine does not tell it.</summary>
    public required Digest? ImageId { get; init; }

    /// <summary>What it does.</summary>
    public required ContainerStatus Status { get; init; }

    /// <summary>How it is, by its health check.</summary>
    public required HealthStatus Health { get; init; }

    /// <summary>What the last health check printed; null if there was none.</summary>
    public required string? HealthOutput { get; init; }

    /// <summary>The exit code of its process's last run; 0 before and while it runs.</summary>
    public required int ExitCode { get; init; }

    /// <summary>Whether its process was killed because it wanted more memory than it may have.</summary>
    public required bool IsOutOfMemory { get; init; }

    /// <summary>Why it could not be started, in the engine's words; empty if nothing went wrong.</summary>
    public required string Error { get; init; }

    /// <summary>When it was started last; null if never.</summary>
    public required DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended last; null if never.</summary>
    public required DateTimeOffset? FinishedAt { get; init; }

    /// <summary>How often the engine started it again.</summary>
    public required int RestartCount { get; init; }

    /// <summary>Facts by name; the image's too.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Where its TCP ports are reached now, by container port.</summary>
    public required ILookup<int, IPEndPoint> Ports { get; init; }

    /// <summary>Its address in each network, by the network's name; null where it has none now.</summary>
    public required IReadOnlyDictionary<string, IPAddress?> Networks { get; init; }
}

/// <summary>A container in a list.</summary>
/// <param name="Id">64 hex digits.</param>
/// <param name="Name">Its name.</param>
/// <param name="Image">The image as it was named when the container was made.</param>
/// <param name="Status">What it does.</param>
/// <param name="Labels">Facts by name; the image's too.</param>
public sealed record ContainerEntry(string Id, string Name, string Image, ContainerStatus Status, IReadOnlyDictionary<string, string> Labels);

/// <summary>What a container does.</summary>
public enum ContainerStatus
{
    /// <summary>Something that this client has no word for.</summary>
    Other,

    /// <summary>It was made and never started.</summary>
    Created,

    /// <summary>Its process runs.</summary>
    Running,

    /// <summary>Its process is frozen.</summary>
    Paused,

    /// <summary>Its process ended, and the engine is about to start it again.</summary>
    Restarting,

    /// <summary>It is being removed.</summary>
    Removing,

    /// <summary>Its process ended.</summary>
    Exited,

    /// <summary>It could be removed in part only.</summary>
    Dead,
}

/// <summary>How a container is, by its health check.</summary>
public enum HealthStatus
{
    /// <summary>It has no health check.</summary>
    None,

    /// <summary>No check said yet that it is healthy, and its failures do not count yet.</summary>
    Starting,

    /// <summary>The last check said that it is.</summary>
    Healthy,

    /// <summary>Too many checks in a row failed.</summary>
    Unhealthy,
}
