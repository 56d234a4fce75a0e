using MlOps.Content;

namespace MlOps.Delivery;

/// <summary>Reaches one environment: starts, stops and inspects its service. Calls are safe to repeat.</summary>
public interface IDriver
{
    /// <summary>The file without which nothing runs, so that its absence answers what <see cref="StatusAsync"/> would; null where only asking tells.</summary>
    string? StatePath => null;

    /// <summary>Keeps other releases and stops of the same environment out until disposed, across processes.</summary>
    /// <exception cref="DiagnosticException">Another one is still under way after a minute (MLO7003).</exception>
    Task<IDisposable> LockAsync(CancellationToken cancellationToken);

    /// <summary>What runs now; changes nothing, needs no lock.</summary>
    Task<ServiceStatus> StatusAsync(CancellationToken cancellationToken);

    /// <summary>The identity of what a specification asks for, to compare with <see cref="ServiceStatus.Identity"/>.</summary>
    /// <exception cref="DiagnosticException">A model file or the service is missing, or a file's digest is not the one named.</exception>
    Digest Identify(ServiceSpec spec);

    /// <summary>Makes sure that a specification could be started once what runs now has ended, and gets ready for it. What runs is not touched.</summary>
    /// <exception cref="DiagnosticException">The port is a stranger's (MLO7001), or a file is missing or damaged.</exception>
    Task PrepareAsync(ServiceSpec spec, CancellationToken cancellationToken);

    /// <summary>Starts the service where none runs and waits until it is ready. On failure nothing is left running.</summary>
    /// <exception cref="DiagnosticException">The port is taken (MLO7001), or the service did not become ready (MLO7004).</exception>
    Task<ServiceStatus> StartAsync(ServiceSpec spec, CancellationToken cancellationToken);

    /// <summary>Stops the service: asks, lets requests in flight finish, kills after the grace period. False where none ran.</summary>
    Task<bool> StopAsync(CancellationToken cancellationToken);
}
