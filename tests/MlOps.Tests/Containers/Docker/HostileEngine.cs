using System.Net.Sockets;
using System.Text;

namespace MlOps.Tests.Containers.Docker;

/// <summary>Something on a socket that answers as a test wants, byte for byte, as no real engine does on demand.</summary>
internal sealed class HostileEngine : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-hostile-").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;
    private readonly Func<Stream, CancellationToken, Task> _answer;
    private readonly string _ping;

    /// <param name="answer">Writes to whoever asks; afterwards the connection is closed.</param>
    /// <param name="ping">What it says to <c>/_ping</c>.</param>
    public HostileEngine(Func<Stream, CancellationToken, Task> answer, string ping = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nOK")
    {
        (_answer, _ping) = (answer, ping);
        _listener.Bind(new UnixDomainSocketEndPoint(Path));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public string Path => System.IO.Path.Join(_folder, "docker.sock");

    /// <summary>The first lines of the requests, but <c>/_ping</c>.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>One that says a text and closes.</summary>
    public static HostileEngine Saying(string text) => new((stream, cancellationToken) => stream.WriteAsync(Encoding.Latin1.GetBytes(text), cancellationToken).AsTask());

    /// <summary>One that says a text and then keeps still.</summary>
    public static HostileEngine Stalling(string text) => new(async (stream, cancellationToken) =>
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text), cancellationToken);
        await Task.Delay(Timeout.Infinite, cancellationToken);
    });

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
#pragma warning disable VSTHRD003 // It ends because of what stands above, and waits for nobody.
        await _accepting;
#pragma warning restore VSTHRD003
        _end.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                open.Add(ServeAsync(await _listener.AcceptAsync(_end.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        await using var stream = new NetworkStream(client, ownsSocket: true);
        using var reader = new StreamReader(stream, leaveOpen: true);
        try
        {
            while (await reader.ReadLineAsync(_end.Token) is { Length: > 0 } asked)
            {
                // Requests here have no body that matters.
                while (await reader.ReadLineAsync(_end.Token) is { Length: > 0 })
                {
                }

                if (!asked.Contains("/_ping", StringComparison.Ordinal))
                {
                    Asked.Add(asked);
                    await _answer(stream, _end.Token);
                    return;
                }

                await stream.WriteAsync(Encoding.Latin1.GetBytes(_ping), _end.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The test is over, or the client went away.
        }
    }
}
