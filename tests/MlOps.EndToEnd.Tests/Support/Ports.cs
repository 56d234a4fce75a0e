using System.Net;
using System.Net.Sockets;

namespace MlOps.EndToEnd.Tests.Support;

/// <summary>Ports of the loopback for the services that tests start.</summary>
internal static class Ports
{
    /// <summary>One that nobody had a moment ago.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
