using MlOps.Content;

namespace MlOps.Delivery;

/// <summary>Runs an environment's service as a background process of this machine that outlives its starter and the starter's terminal.</summary>
/// <remarks>Everything it keeps lies in <c>.mlops/run/&lt;environment&gt;</c>: state, log, configuration, and copies of the models and of the service.</remarks>
/// <param name="environment">The environment, named and with its port.</param>
/// <param name="root">The workspace's folder.</param>
public sealed class ProcessDriver(EnvironmentSpec environment, string root) : IDriver
{
    /// <inheritdoc/>
    public Task<IDisposable> LockAsync(CancellationToken cancellationToken) => throw new NotSupportedException($"{environment} {root}");

    /// <inheritdoc/>
    public Task<ServiceStatus> StatusAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Digest Identify(ServiceSpec spec) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<ServiceStatus> StartAsync(ServiceSpec spec, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<bool> StopAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Runs a service in the foreground, on this process's terminal, until it ends or is cancelled (then it finishes its requests).
    /// Keeps no state: <see cref="StatusAsync"/> does not see it.</summary>
    /// <returns>The service's exit code.</returns>
    /// <exception cref="DiagnosticException">The port is taken (MLO7001), or a file is missing or damaged.</exception>
    public Task<int> ServeAsync(ServiceSpec spec, CancellationToken cancellationToken) => throw new NotSupportedException();
}
