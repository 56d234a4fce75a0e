using MlOps.Content;

namespace MlOps.Containers.Internal;

/// <summary>Tries again what may pass, with pauses that grow or that the registry asks for; only so often as nothing comes of it.</summary>
internal sealed class Backoff(RegistryOptions options)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);

    /// <summary>The result of an operation that may be done again.</summary>
    /// <param name="operation">Told how often it was tried before.</param>
    /// <param name="progress">How far it has come in all; a try that came further than any before starts the count anew.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<T> RunAsync<T>(Func<int, Task<T>> operation, Func<long>? progress, CancellationToken cancellationToken)
    {
        var (fruitless, best) = (0, 0L);
        for (var tried = 0; ; tried++)
        {
            try
            {
                return await operation(tried);
            }
            catch (TransientException failure)
            {
                var come = progress?.Invoke() ?? 0;
                (fruitless, best) = come > best ? (1, come) : (fruitless + 1, best);
                var pause = failure.Pause is { } asked && asked > TimeSpan.Zero ? asked : First * Math.Pow(2, fruitless - 1);
                if (fruitless >= options.Attempts || pause > options.LongestPause)
                {
                    throw new DiagnosticException(failure.Diagnostic);
                }

                await Task.Delay(pause, options.Time, cancellationToken);
            }
        }
    }
}

/// <summary>Ends waiting in which nothing moves.</summary>
internal sealed class StallGuard : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly CancellationTokenSource _still, _either;
    private readonly CancellationToken _outer;

    public StallGuard(TimeSpan limit, TimeProvider time, CancellationToken outer)
    {
        (_limit, _outer) = (limit, outer);
        _still = new(limit, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_still.Token, outer);
    }

    /// <summary>Cancelled when nothing moved for too long, or when the caller's is.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>Whether it was this that ended the waiting.</summary>
    public bool Stalled => _still.IsCancellationRequested && !_outer.IsCancellationRequested;

    /// <summary>Something moved; nothing need move for some times the limit.</summary>
    public void Moved(int patience = 1) => _still.CancelAfter(_limit * patience);

    public void Dispose()
    {
        _either.Dispose();
        _still.Dispose();
    }
}
