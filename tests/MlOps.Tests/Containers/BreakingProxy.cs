using System.Net;
using System.Net.Sockets;

namespace MlOps.Tests.Containers;

/// <summary>Stands between a client and a server on the loopback, and breaks connections after some bytes.</summary>
internal sealed class BreakingProxy : AcceptingSocket
{
    private readonly string _server;
    private readonly Queue<long> _breaks;
    private long _passed, _sent;

    /// <param name="server">Host and port.</param>
    /// <param name="breaks">After how many bytes, in both directions together, each break comes.</param>
    public BreakingProxy(string server, params long[] breaks)
        : base(AddressFamily.InterNetwork)
    {
        (_server, _breaks) = (server, new(breaks));
        Registry = Listen(new IPEndPoint(IPAddress.Loopback, 0));
    }

    public string Registry { get; }

    /// <summary>How many breaks are still to come.</summary>
    public int Left => _breaks.Count;

    /// <summary>How many bytes went through in all.</summary>
    public long Passed => Interlocked.Read(ref _passed);

    /// <summary>How many of them the client sent.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    protected override async Task ServeAsync(Socket client, CancellationToken cancellationToken)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await server.ConnectAsync(IPEndPoint.Parse(_server), cancellationToken);
        await Task.WhenAny(CopyAsync(client, server, isSent: true, cancellationToken), CopyAsync(server, client, isSent: false, cancellationToken));
        client.Close(0);
    }

    private async Task CopyAsync(Socket from, Socket to, bool isSent, CancellationToken cancellationToken)
    {
        var block = new byte[64 * 1024];
        try
        {
            for (int read; (read = await from.ReceiveAsync(block, cancellationToken)) > 0;)
            {
                await to.SendAsync(block.AsMemory(0, read), cancellationToken);
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
