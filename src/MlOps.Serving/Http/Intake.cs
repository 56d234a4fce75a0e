using System.Threading.RateLimiting;

namespace MlOps.Serving.Http;

/// <summary>Takes requests in: bodies within a common limit of memory and time, then a few at a time to be worked on, first come first served.</summary>
/// <remarks>A caller who sends slowly holds its own few bytes and nobody's turn; one who reads slowly holds no turn either.</remarks>
internal sealed class Intake(ServiceLimits limits) : IDisposable
{
    private readonly ConcurrencyLimiter _turns = new(new()
    {
        PermitLimit = limits.MostRequests,
        QueueLimit = limits.MostWaiting,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    private const int Uncounted = 64 << 10;

    private long _held;

    /// <summary>Reads the body of a request, waits for its turn and works on it.</summary>
    /// <param name="context">The request; the work writes its answer, which is sent when the turn is over.</param>
    /// <param name="state">What the work needs besides.</param>
    /// <param name="work">Everything that takes the processor.</param>
    /// <exception cref="RequestException">408: it came too slowly. 413: it is too long. 503: too much is asked for at once.</exception>
    /// <exception cref="BadHttpRequestException">413: it is too long. 400: it ended early.</exception>
    public async ValueTask<TResult> WorkAsync<TState, TResult>(HttpContext context, TState state, Work<TState, TResult> work)
    {
        TResult result;
        using (var body = await ReadAsync(context))
        using (await TurnAsync(context.RequestAborted))
        {
            result = work(body.Bytes.Span, state);
        }

        // Answers that are not fetched are memory as well: while there are many, large requests are refused.
        var held = Counted(context.Response.ContentLength ?? 0);
        Interlocked.Add(ref _held, held);
        try
        {
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
        finally
        {
            Release(held);
        }

        return result;
    }

    /// <summary>Gives back what a body held.</summary>
    public void Release(long bytes) => Interlocked.Add(ref _held, -bytes);

    public void Dispose() => _turns.Dispose();

    /// <summary>The first part of each is bounded by the number of connections: so nobody's large bodies keep others' small ones out.</summary>
    private static long Counted(long bytes) => Math.Max(0, bytes - Uncounted);

    private ValueTask<RequestBody> ReadAsync(HttpContext context)
    {
        var reader = context.Request.BodyReader;
        // Nearly every body comes in one piece with its headers.
        if (reader.TryRead(out var read))
        {
            if (read.IsCompleted)
            {
                return new(new RequestBody(this, reader, read.Buffer, 0));
            }

            // Not examined: it is read again, and counted, at once.
            reader.AdvanceTo(read.Buffer.Start);
        }

        return ReadOnAsync(context);
    }

    private async ValueTask<RequestBody> ReadOnAsync(HttpContext context)
    {
        var (reader, held, isLate) = (context.Request.BodyReader, 0L, false);
        using var late = new CancellationTokenSource(limits.BodyTime);
        // A read that is cancelled by a token leaves the reader in a state that the connection does not survive.
        await using var _ = late.Token.UnsafeRegister(_ =>
        {
            isLate = true;
            reader.CancelPendingRead();
        }, null);
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(context.RequestAborted);
                if (read.IsCanceled && isLate)
                {
                    reader.AdvanceTo(read.Buffer.End);
                    context.Response.Headers.Connection = "close";
                    throw new RequestException(StatusCodes.Status408RequestTimeout, FormattableString.Invariant($"the body did not come within {limits.BodyTime.TotalSeconds} seconds"));
                }

                // Twice, because a body in pieces is copied into one.
                var more = Counted(2 * read.Buffer.Length) - held;
                if (Interlocked.Add(ref _held, more) > limits.MostHeldBytes && more > 0)
                {
                    Release(more);
                    // Read over, so that the answer arrives.
                    reader.AdvanceTo(read.Buffer.End);
                    throw RequestException.Overloaded("too many large requests at once");
                }

                held += more;
                if (read.IsCompleted)
                {
                    var body = new RequestBody(this, reader, read.Buffer, held);
                    held = 0;
                    return body;
                }

                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        finally
        {
            Release(held);
        }
    }

    private ValueTask<RateLimitLease> TurnAsync(CancellationToken cancellationToken)
    {
        var lease = _turns.AttemptAcquire();
        return lease.IsAcquired ? new(lease) : WaitAsync(cancellationToken);
    }

    private async ValueTask<RateLimitLease> WaitAsync(CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(limits.WaitTime);
        try
        {
            var lease = await _turns.AcquireAsync(1, late.Token);
            return lease.IsAcquired ? lease : throw RequestException.Overloaded("too many requests wait already");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw RequestException.Overloaded(FormattableString.Invariant($"it was not this request's turn within {limits.WaitTime.TotalSeconds} seconds"));
        }
    }
}

/// <summary>What is done with a whole body.</summary>
internal delegate TResult Work<in TState, out TResult>(ReadOnlySpan<byte> body, TState state);
