using System.Net;
using System.Net.Sockets;

namespace MlOps.Tests.Containers;

/// <summary>Stands between a client and a server on the loopback, and breaks connections after some bytes.</summary>
internal sealed class BreakingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly string _server;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;
    private readonly Queue<long> _breaks;
    private long _passed, _sent;

    /// <param name="server">Host and port.</param>
    /// <param name="breaks">After how many bytes, in both directions together, each break comes.</param>
    public BreakingProxy(string server, params long[] breaks)
    {
        (_server, _breaks) = (server, new(breaks));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Registry => _listener.LocalEndpoint.ToString()!;

    /// <summary>How many breaks are still to come.</summary>
    public int Left => _breaks.Count;

    /// <summary>How many bytes went through in all.</summary>
    public long Passed => Interlocked.Read(ref _passed);

    /// <summary>How many of them the client sent.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
#pragma warning disable VSTHRD003 // It ends because of what stands above, and waits for nobody.
        await _accepting;
#pragma warning restore VSTHRD003
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var pairs = new List<Task>();
        try
        {
            while (true)
            {
                pairs.Add(ServeAsync(await _listener.AcceptSocketAsync(_end.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(pairs);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using (client)
        {
            await server.ConnectAsync(IPEndPoint.Parse(_server));
            await Task.WhenAny(CopyAsync(client, server, isSent: true), CopyAsync(server, client, isSent: false));
            client.Close(0);
        }
    }

    private async Task CopyAsync(Socket from, Socket to, bool isSent)
    {
        var block = new byte[64 * 1024];
        try
        {
            for (int read; (read = await from.ReceiveAsync(block, _end.Token)) > 0;)
            {
                await to.SendAsync(block.AsMemory(0, read), _end.Token);
                Interlocked.Add(ref _passed, read);
                Interlocked.Add(ref _sent, isSent ? read : 0);
                lock (_breaks)
                {
                    if (_breaks.TryPeek(out var next) && Passed >= next)
                    {
                        _breaks.Dequeue();
                        return;
                    }
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The other side ended it.
        }
    }
}
