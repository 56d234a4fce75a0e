using System.Net;
using System.Net.Sockets;

namespace MlOps.Serving;

/// <summary>Asks a running service on this machine whether it is ready: what a container's health check runs, so it loads neither Kestrel nor a JSON reader.</summary>
internal static class HealthCheck
{
    /// <summary>In milliseconds; what answers later is not healthy.</summary>
    private const int Patience = 2000;

    /// <summary>Whether the service at that address says that it is ready.</summary>
    /// <param name="url">What it listens on; of all addresses the loopback is asked.</param>
    public static bool IsReady(Uri url)
    {
        var address = IPAddress.TryParse(url.Host.Trim('[', ']'), out var given) && !given.Equals(IPAddress.Any) && !given.Equals(IPAddress.IPv6Any) ? given : IPAddress.Loopback;
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { SendTimeout = Patience, ReceiveTimeout = Patience };
        try
        {
            socket.Connect(address, url.Port);
            socket.Send("GET /v2/health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8);
            return Begins(socket, "HTTP/1.1 200 "u8);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool Begins(Socket socket, ReadOnlySpan<byte> expected)
    {
        Span<byte> answer = stackalloc byte[expected.Length];
        for (var length = 0; length < answer.Length;)
        {
            var received = socket.Receive(answer[length..]);
            if (received == 0)
            {
                return false;
            }

            length += received;
        }

        return answer.SequenceEqual(expected);
    }
}
