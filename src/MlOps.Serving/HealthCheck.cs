using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

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
            using var stream = Open(socket, url);
            stream.Write("GET /v2/health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8);
            return Begins(stream, "HTTP/1.1 200 "u8);
        }
        catch (Exception silent) when (silent is SocketException or IOException or AuthenticationException)
        {
            return false;
        }
    }

    private static Stream Open(Socket socket, Uri url)
    {
        var plain = new NetworkStream(socket, ownsSocket: false);
        if (url.Scheme == Uri.UriSchemeHttp)
        {
            return plain;
        }

#pragma warning disable CA5359 // The certificate names what callers call the service, never the loopback address, and what is asked is no secret.
        var secure = new SslStream(plain, leaveInnerStreamOpen: false, (_, _, _, _) => true);
#pragma warning restore CA5359
        secure.AuthenticateAsClient("localhost");
        return secure;
    }

    private static bool Begins(Stream stream, ReadOnlySpan<byte> expected)
    {
        Span<byte> answer = stackalloc byte[expected.Length];
        for (var length = 0; length < answer.Length;)
        {
            var received = stream.Read(answer[length..]);
            if (received == 0)
            {
                return false;
            }

            length += received;
        }

        return answer.SequenceEqual(expected);
    }
}
