namespace MlOps.Delivery;

/// <summary>How an environment is reached.</summary>
public enum DriverKind
{
    /// <summary>A background process on this machine, one per environment.</summary>
    Process,
}

/// <summary>A place that models are released to, as declared under <c>environments</c> in <c>nuke.json</c>.</summary>
/// <param name="Name">The key in <c>nuke.json</c>: lower-case letters, digits, <c>-</c> and <c>_</c>; it names the folder under <c>.mlops/run</c>.</param>
/// <param name="Port">The TCP port the service listens on, 1 to 65535, on the loopback address.</param>
/// <param name="Driver">How it is reached.</param>
public sealed record EnvironmentSpec(string Name, int Port, DriverKind Driver = DriverKind.Process)
{
    /// <summary>How long a started service may take until it is ready; 30 s unless said otherwise.</summary>
    public TimeSpan ReadyTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long requests in flight may take after a stop was asked for, before the process is killed; 15 s unless said otherwise.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Where callers find the service, such as <c>http://127.0.0.1:8085/</c>.</summary>
    public Uri Url => new($"http://127.0.0.1:{Port}");
}
