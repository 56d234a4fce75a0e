using System.Globalization;
using System.Net;
using MlOps.Content;

namespace MlOps.Containers.Docker.Internal;

/// <summary>A container as engines describe it.</summary>
internal sealed record ContainerAnswer(string? Id, string? Name, string? Image, int RestartCount, ContainerState? State, ImageConfig? Config, ContainerNetworkSettings? NetworkSettings)
{
    public ContainerDetails ToDetails() => new(Id ?? "", Name?.TrimStart('/') ?? "")
    {
        Image = Config?.Image ?? "",
        ImageId = Digest.TryParse(Image, out var image) ? image : null,
        Status = ContainerState.StatusOf(State?.Status),
        Health = State?.Health?.Status switch
        {
            "starting" => HealthStatus.Starting,
            "healthy" => HealthStatus.Healthy,
            "unhealthy" => HealthStatus.Unhealthy,
            _ => HealthStatus.None,
        },
        HealthOutput = State?.Health?.Log is [.., { Output: var output }] ? output : null,
        ExitCode = State?.ExitCode ?? 0,
        IsOutOfMemory = State?.OOMKilled ?? false,
        Error = State?.Error ?? "",
        StartedAt = ContainerState.TimeOf(State?.StartedAt),
        FinishedAt = ContainerState.TimeOf(State?.FinishedAt),
        RestartCount = RestartCount,
        Labels = Config?.Labels ?? new Dictionary<string, string>(),
        Ports = PublishedPorts().ToLookup(port => port.Inside, port => port.Outside),
        Networks = NetworkSettings?.Networks?.ToDictionary(network => network.Key, network => IPAddress.TryParse(network.Value?.IPAddress, out var address) ? address : null, StringComparer.Ordinal) ?? [],
    };

    private IEnumerable<(int Inside, IPEndPoint Outside)> PublishedPorts()
    {
        foreach (var (name, bindings) in NetworkSettings?.Ports ?? new Dictionary<string, IReadOnlyList<PublishedPort>?>())
        {
            foreach (var binding in bindings ?? [])
            {
                // podman leaves the address empty for all of them.
                if (name.EndsWith("/tcp", StringComparison.Ordinal)
                    && int.TryParse(name[..^4], CultureInfo.InvariantCulture, out var inside)
                    && IPAddress.TryParse(string.IsNullOrEmpty(binding.HostIp) ? "0.0.0.0" : binding.HostIp, out var address)
                    && ushort.TryParse(binding.HostPort, CultureInfo.InvariantCulture, out var outside))
                {
                    yield return (inside, new(address, outside));
                }
            }
        }
    }
}

/// <summary>What a container does.</summary>
internal sealed record ContainerState(string? Status, int ExitCode, bool OOMKilled, string? Error, string? StartedAt, string? FinishedAt, ContainerHealth? Health)
{
    public static ContainerStatus StatusOf(string? text) => text switch
    {
        "created" => ContainerStatus.Created,
        "running" => ContainerStatus.Running,
        "paused" => ContainerStatus.Paused,
        "restarting" => ContainerStatus.Restarting,
        "removing" => ContainerStatus.Removing,
        "exited" => ContainerStatus.Exited,
        "dead" => ContainerStatus.Dead,
        _ => ContainerStatus.Other,
    };

    // The first moment of the year 1 says "never".
    public static DateTimeOffset? TimeOf(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) && time.Year > 1 ? time : null;
}

/// <summary>How a container is.</summary>
internal sealed record ContainerHealth(string? Status, IReadOnlyList<HealthResult>? Log);

/// <summary>What a health check printed.</summary>
internal sealed record HealthResult(string? Output);

/// <summary>Where a container is reached.</summary>
internal sealed record ContainerNetworkSettings(IReadOnlyDictionary<string, IReadOnlyList<PublishedPort>?>? Ports, IReadOnlyDictionary<string, ContainerNetwork?>? Networks);

/// <summary>A port of the engine's machine.</summary>
internal sealed record PublishedPort(string? HostIp, string? HostPort);

/// <summary>A network that a container is in.</summary>
internal sealed record ContainerNetwork(string? IPAddress);

/// <summary>A container in a list.</summary>
internal sealed record ListedContainer(string? Id, IReadOnlyList<string>? Names, string? Image, string? State, IReadOnlyDictionary<string, string>? Labels)
{
    public ContainerEntry ToEntry() =>
        new(Id ?? "", Names is [var name, ..] ? name.TrimStart('/') : "", Image ?? "", ContainerState.StatusOf(State), Labels ?? new Dictionary<string, string>());
}
