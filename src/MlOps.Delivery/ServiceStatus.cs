using MlOps.Content;

namespace MlOps.Delivery;

/// <summary>Where a service is in its life.</summary>
public enum ServiceState
{
    /// <summary>No process of ours runs; what an earlier one left behind (a crash, a restart of the machine) counts as stopped.</summary>
    Stopped,

    /// <summary>The process runs but does not say that it is ready: it starts, drains or hangs.</summary>
    NotReady,

    /// <summary>The process runs and answers that it is ready.</summary>
    Ready,
}

/// <summary>What an environment runs now.</summary>
/// <param name="State">Where the service is in its life; all else is null or empty when stopped.</param>
public sealed record ServiceStatus(ServiceState State)
{
    /// <summary>Where callers find it.</summary>
    public Uri? Url { get; init; }

    /// <summary>The process's id.</summary>
    public int? ProcessId { get; init; }

    /// <summary>When the process was started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The models served, sorted by name.</summary>
    public IReadOnlyList<ServedModel> Models { get; init; } = [];

    /// <summary>The identity of the specification it was started from.</summary>
    public Digest? Identity { get; init; }

    /// <summary>Where its output is; also given for a stopped service that left a log.</summary>
    public string? LogPath { get; init; }

    /// <summary>The specification it was started from, complete enough to start it again.</summary>
    public ServiceSpec? Spec { get; init; }
}
