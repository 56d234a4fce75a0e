using System.Net.Sockets;
using System.Text;

namespace MlOps.Tests.Containers.Docker;

/// <summary>Something on a socket that answers as a test wants, byte for byte, as no real engine does on demand.</summary>
internal sealed class HostileEngine : AcceptingSocket
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-hostile-").FullName;
    private readonly Func<Stream, CancellationToken, Task> _answer;
    private readonly string _ping;

    /// <param name="answer">Writes to whoever asks; afterwards the connection is closed.</param>
    /// <param name="ping">What it says to <c>/_ping</c>.</param>
    public HostileEngine(Func<Stream, CancellationToken, Task> answer, string ping = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nOK")
        : base(AddressFamily.Unix)
    {
        (_answer, _ping) = (answer, ping);
        Listen(new UnixDomainSocketEndPoint(Path));
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

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override async Task ServeAsync(Socket client, CancellationToken cancellationToken)
    {
        await using var stream = new NetworkStream(client, ownsSocket: true);
        using var reader = new StreamReader(stream, leaveOpen: true);
        while (await reader.ReadLineAsync(cancellationToken) is { Length: > 0 } asked)
        {
            // Requests here have no body that matters.
            while (await reader.ReadLineAsync(cancellationToken) is { Length: > 0 })
            {
            }

            if (!asked.Contains("/_ping", StringComparison.Ordinal))
            {
                Asked.Add(asked);
                await _answer(stream, cancellationToken);
                return;
            }

            await stream.WriteAsync(Encoding.Latin1.GetBytes(_ping), cancellationToken);
        }
    }
}
