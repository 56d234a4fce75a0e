using System.Net;
using System.Net.Sockets;

namespace MlOps.Tests.Containers;

/// <summary>Listens until it is disposed, and serves each connection as the one derived from it does.</summary>
/// <param name="family">Of addresses.</param>
internal abstract class AcceptingSocket(AddressFamily family) : IAsyncDisposable
{
    private readonly Socket _listener = new(family, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _end = new();
    private Task _accepting = Task.CompletedTask;

    public virtual async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
#pragma warning disable VSTHRD003 // It ends because of what stands above, and waits for nobody.
        await _accepting;
#pragma warning restore VSTHRD003
        _end.Dispose();
    }

    /// <summary>Begins to listen, once the one derived is ready; gives the address.</summary>
    protected string Listen(EndPoint at)
    {
        _listener.Bind(at);
        _listener.Listen();
        _accepting = AcceptAsync();
        return _listener.LocalEndPoint!.ToString()!;
    }

    /// <summary>Serves a connection and closes it; that it broke, or that the test is over, is no failure.</summary>
    protected abstract Task ServeAsync(Socket client, CancellationToken cancellationToken);

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                open.Add(GuardedAsync(await _listener.AcceptAsync(_end.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task GuardedAsync(Socket client)
    {
        using (client)
        {
            try
            {
                await ServeAsync(client, _end.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or IOException)
            {
                // The test is over, or the other side ended it.
            }
        }
    }
}
