using MlOps.Content;

namespace MlOps.Delivery;

/// <summary>Brings an environment to the state it should have, checks it, and takes the change back when the check fails.</summary>
public sealed class Reconciler(IDriver driver)
{
    /// <summary>Starts or replaces the service, unless what should run is running.</summary>
    /// <remarks>With the <c>process</c> driver old and new share one port: the old service finishes its requests and ends before the new one
    /// starts, so new connections are refused for a moment.</remarks>
    /// <param name="desired">What should run.</param>
    /// <param name="smoke">What the new service must answer to stay.</param>
    /// <param name="cancellationToken">Cancelling while the new service starts brings the old one back, then throws.</param>
    /// <exception cref="DiagnosticException">Nothing was changed: a file is missing or damaged, the port is a stranger's, or another release is under way.</exception>
    public Task<ReleaseResult> ReleaseAsync(ServiceSpec desired, SmokeTest smoke, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{driver} {desired} {smoke}");

    /// <summary>Stops the environment's service; false where none ran.</summary>
    public async Task<bool> StopAsync(CancellationToken cancellationToken)
    {
        using var held = await driver.LockAsync(cancellationToken);
        return await driver.StopAsync(cancellationToken);
    }
}
