namespace MlOps.Serving.Http;

/// <summary>Counts what is open, so that the service ends only when nobody waits for it any more.</summary>
internal sealed class Drain
{
    private int _connections;
    private int _requests;
    private int _requestsBegun;

    /// <summary>Whether the service was asked to end: it is not ready, and every answer closes its connection.</summary>
    public bool IsDraining { get; private set; }

    public int Connections => Volatile.Read(ref _connections);

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Requests since the start; wraps around.</summary>
    public int RequestsBegun => Volatile.Read(ref _requestsBegun);

    /// <summary>Counts one more, if there are fewer than so many.</summary>
    public bool TryOpenConnection(int most)
    {
        if (Interlocked.Increment(ref _connections) <= most)
        {
            return true;
        }

        Interlocked.Decrement(ref _connections);
        return false;
    }

    public void ConnectionClosed() => Interlocked.Decrement(ref _connections);

    public void RequestBegun()
    {
        Interlocked.Increment(ref _requests);
        Interlocked.Increment(ref _requestsBegun);
    }

    public void RequestEnded() => Interlocked.Decrement(ref _requests);

    public void Begin() => IsDraining = true;
}
