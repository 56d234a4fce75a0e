namespace MlOps.Serving.Http;

/// <summary>Drains before the server stops: a server that closes idle keep-alive connections at once loses the requests that are on their way to it.</summary>
internal sealed class DrainOnStop(Drain drain, DrainableListeners listeners, ILogger<DrainOnStop> logger) : IHostedLifecycleService
{
    /// <summary>A connection on which no request came for so long is idle and may be closed.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    /// <summary>Runs before the server is told to stop; the token ends with the grace period.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        drain.Begin();
        Log.Draining(logger, drain.Requests, drain.Connections);
        await listeners.CloseAsync(cancellationToken);
        var (begun, quietTicks) = (drain.RequestsBegun, 0);
        while (drain.Connections > 0 && quietTicks * Tick < Quiet)
        {
            try
            {
                await Task.Delay(Tick, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                Log.GraceEnded(logger, drain.Requests);
                return;
            }

            quietTicks = drain.Requests > 0 || drain.RequestsBegun != begun ? 0 : quietTicks + 1;
            begun = drain.RequestsBegun;
        }

        Log.Drained(logger);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
