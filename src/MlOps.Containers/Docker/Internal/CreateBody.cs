using System.Globalization;
using System.Net;

namespace MlOps.Containers.Docker.Internal;

/// <summary>A <see cref="ContainerSpec"/> as engines read it.</summary>
internal sealed record CreateBody
{
    public required string Image { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public required IReadOnlyList<string> Env { get; init; }

    public IReadOnlyList<string>? Entrypoint { get; set; }

    public IReadOnlyList<string>? Cmd { get; set; }

    public string? User { get; set; }

    public required Dictionary<string, Nothing> ExposedPorts { get; init; }

    public HealthBody? Healthcheck { get; set; }

    public required HostConfig HostConfig { get; init; }

    public static CreateBody Of(ContainerSpec spec) => new()
    {
        Image = spec.Image,
        Labels = spec.Labels,
        Env = [.. spec.Environment.OrderBy(variable => variable.Key, StringComparer.Ordinal).Select(variable => $"{variable.Key}={variable.Value}")],
        Entrypoint = spec.Entrypoint,
        Cmd = spec.Command,
        User = spec.User,
        ExposedPorts = spec.Ports.Select(NameOf).Distinct(StringComparer.Ordinal).ToDictionary(name => name, _ => new Nothing(), StringComparer.Ordinal),
        Healthcheck = spec.Health is { } health ? HealthBody.Of(health) : null,
        HostConfig = new()
        {
            ReadonlyRootfs = spec.IsReadOnly,
            Tmpfs = spec.Tmpfs.ToDictionary(mount => mount.Path, mount => mount.MaximumBytes is { } most ? string.Create(CultureInfo.InvariantCulture, $"size={most}") : "", StringComparer.Ordinal),
            Mounts = [.. spec.Mounts.Select(MountBody.Of)],
            PortBindings = spec.Ports.GroupBy(NameOf, StringComparer.Ordinal).ToDictionary(port => port.Key, port => (IReadOnlyList<PublishedPort>)[.. port.Select(Published)], StringComparer.Ordinal),
            RestartPolicy = new(spec.Restart switch
            {
                RestartPolicy.OnFailure => "on-failure",
                RestartPolicy.UnlessStopped => "unless-stopped",
                RestartPolicy.Always => "always",
                _ => "no",
            }),
            Memory = spec.MemoryBytes,
            MemorySwap = spec.MemoryBytes,
            NanoCpus = spec.Processors is { } processors ? (long)Math.Round(processors * 1e9) : null,
            NetworkMode = spec.Network,
            CapDrop = ["ALL"],
            CapAdd = spec.Capabilities,
            SecurityOpt = spec.MayGainPrivileges ? [] : ["no-new-privileges"],
        },
    };

    private static string NameOf(PortBinding port) => string.Create(CultureInfo.InvariantCulture, $"{port.ContainerPort}/tcp");

    private static PublishedPort Published(PortBinding port) =>
        new((port.Address ?? IPAddress.Loopback).ToString(), port.HostPort == 0 ? "" : port.HostPort.ToString(CultureInfo.InvariantCulture));
}

/// <summary>The empty object.</summary>
internal sealed record Nothing;

/// <summary>What a container gets of the engine's machine.</summary>
internal sealed record HostConfig
{
    public required bool ReadonlyRootfs { get; init; }

    public required IReadOnlyDictionary<string, string> Tmpfs { get; init; }

    public required IReadOnlyList<MountBody> Mounts { get; init; }

    public required Dictionary<string, IReadOnlyList<PublishedPort>> PortBindings { get; init; }

    public required RestartBody RestartPolicy { get; init; }

    public long? Memory { get; set; }

    public long? MemorySwap { get; set; }

    public long? NanoCpus { get; set; }

    public string? NetworkMode { get; set; }

    public required IReadOnlyList<string> CapDrop { get; init; }

    public required IReadOnlyList<string> CapAdd { get; init; }

    public required IReadOnlyList<string> SecurityOpt { get; init; }
}

/// <summary>A restart policy by its name.</summary>
internal sealed record RestartBody(string Name);

/// <summary>A folder or volume.</summary>
internal sealed record MountBody(string Type, string? Source, string Target, bool ReadOnly)
{
    public static MountBody Of(ContainerMount mount) => mount switch
    {
        ContainerMount.Bind bind => new("bind", bind.Path, bind.Target, bind.IsReadOnly),
        ContainerMount.Volume volume => new("volume", volume.Name, volume.Target, volume.IsReadOnly),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>A health check; times in nanoseconds.</summary>
internal sealed record HealthBody(IReadOnlyList<string>? Test, long? Interval, long? Timeout, long? StartPeriod, int? Retries)
{
    public static HealthBody Of(HealthCheck health) => new(
        health.Command is not { } command ? null : command.Count == 0 ? ["NONE"] : ["CMD", .. command],
        Nanoseconds(health.Interval),
        Nanoseconds(health.Timeout),
        Nanoseconds(health.StartPeriod),
        health.Retries);

    private static long? Nanoseconds(TimeSpan? time) => time?.Ticks * TimeSpan.NanosecondsPerTick;
}
