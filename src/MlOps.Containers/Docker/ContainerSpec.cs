using System.Net;

namespace MlOps.Containers.Docker;

/// <summary>What container is to be made. Where nothing is said the image decides; rights are few unless more are asked for.</summary>
public sealed record ContainerSpec
{
    /// <summary>The image's name, or its ID.</summary>
    public required string Image { get; init; }

    /// <summary>The container's name; null lets the engine invent one.</summary>
    public string? Name { get; init; }

    /// <summary>Facts by name.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Environment variables, beside the image's.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The program instead of the image's; null for the image's.</summary>
    public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <summary>The program's arguments instead of the image's; null for the image's.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>Who its process is, <c>UID</c> or <c>UID:GID</c>; null for the image's.</summary>
    public string? User { get; init; }

    /// <summary>Whether nothing can be written but in mounts; default true.</summary>
    public bool IsReadOnly { get; init; } = true;

    /// <summary>Folders in memory.</summary>
    public IReadOnlyList<TmpfsMount> Tmpfs { get; init; } = [];

    /// <summary>Folders of the engine's machine, and volumes.</summary>
    public IReadOnlyList<ContainerMount> Mounts { get; init; } = [];

    /// <summary>Ports that are reached from outside.</summary>
    public IReadOnlyList<PortBinding> Ports { get; init; } = [];

    /// <summary>When the engine starts it again; default never.</summary>
    public RestartPolicy Restart { get; init; } = RestartPolicy.Never;

    /// <summary>Another health check than the image's; null for the image's.</summary>
    public HealthCheck? Health { get; init; }

    /// <summary>The most memory in bytes, swap included; null for no limit.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>The most processor time, in processors; null for no limit.</summary>
    public double? Processors { get; init; }

    /// <summary>The network it is in: a network's name, <c>host</c> or <c>none</c>; null for the engine's default.</summary>
    public string? Network { get; init; }

    /// <summary>The rights of root that its process keeps, such as <c>NET_BIND_SERVICE</c>; default none.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    /// <summary>Whether programs may get further rights, by setuid; default false.</summary>
    public bool MayGainPrivileges { get; init; }
}

/// <summary>A folder in memory.</summary>
/// <param name="Path">Where the container sees it.</param>
/// <param name="MaximumBytes">How much it holds; null for half of the machine's memory.</param>
public sealed record TmpfsMount(string Path, long? MaximumBytes = null);

/// <summary>What a container sees of the engine's machine.</summary>
/// <param name="Target">Where the container sees it.</param>
/// <param name="IsReadOnly">Whether it cannot be written.</param>
public abstract record ContainerMount(string Target, bool IsReadOnly)
{
    /// <summary>A folder or file of the engine's machine.</summary>
    /// <param name="Path">Its path there; it has to exist.</param>
    public sealed record Bind(string Path, string Target, bool IsReadOnly = true) : ContainerMount(Target, IsReadOnly);

    /// <summary>A volume; it comes about if it is not there.</summary>
    /// <param name="Name">Its name; null for one of this container alone.</param>
    public sealed record Volume(string? Name, string Target, bool IsReadOnly = false) : ContainerMount(Target, IsReadOnly);
}

/// <summary>A port that is reached from outside.</summary>
/// <param name="ContainerPort">The TCP port in the container.</param>
/// <param name="HostPort">The port of the engine's machine; 0 lets the engine choose.</param>
/// <param name="Address">The address of the engine's machine on which it listens; null for 127.0.0.1.</param>
public sealed record PortBinding(int ContainerPort, int HostPort = 0, IPAddress? Address = null);

/// <summary>When an engine starts a container again.</summary>
public enum RestartPolicy
{
    /// <summary>Never.</summary>
    Never,

    /// <summary>When its process ends with an exit code other than 0.</summary>
    OnFailure,

    /// <summary>Whenever its process ends, and when the engine starts, unless it was stopped.</summary>
    UnlessStopped,

    /// <summary>Whenever its process ends, and when the engine starts.</summary>
    Always,
}

/// <summary>How an engine finds out whether a container is healthy. What is null is the image's.</summary>
public sealed record HealthCheck
{
    /// <summary>No check, whatever the image says.</summary>
    public static HealthCheck None { get; } = new() { Command = [] };

    /// <summary>A program and its arguments, run in the container: exit code 0 for healthy. Empty for no check.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>The time between checks.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>How long a check may take.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long failures do not count after the start.</summary>
    public TimeSpan? StartPeriod { get; init; }

    /// <summary>How many failures in a row make it unhealthy.</summary>
    public int? Retries { get; init; }
}

/// <summary>A container that was made.</summary>
/// <param name="Id">64 hex digits.</param>
/// <param name="Warnings">What the engine could not do as asked, in its words.</param>
public sealed record CreatedContainer(string Id, IReadOnlyList<string> Warnings);
