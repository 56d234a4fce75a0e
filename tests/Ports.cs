using System.Net;
using System.Net.Sockets;

namespace MlOps.Tests;

/// <summary>Ports of the loopback for the services that tests start.</summary>
internal static class Ports
{
    private const int First = 20_000, Count = 12_000;

    private static int _next = Environment.ProcessId * 101 % Count;

    /// <summary>One that nobody had a moment ago, below those that the system gives to clients, so that no connection takes it meanwhile.</summary>
    public static int Free()
    {
        while (true)
        {
            var port = First + (Interlocked.Increment(ref _next) % Count);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it; the next one.
            }
        }
    }
}
