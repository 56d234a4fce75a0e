using System.Net;
using System.Net.Sockets;
using MlOps.Content;

namespace MlOps.Delivery.Internal;

/// <summary>Whether a port on the loopback address can be had.</summary>
internal static class Port
{
    // A service that was killed holds its port until the last of its threads has ended.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2), Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Makes sure that nobody listens on the environment's port; waits two seconds for somebody to leave.</summary>
    /// <exception cref="DiagnosticException">MLO7001: somebody does. MLO7002: we may not listen there.</exception>
    public static async Task ExpectFreeAsync(EnvironmentSpec environment, CancellationToken cancellationToken)
    {
        for (var left = Patience / Pause; left > 0 && IsTaken(environment); left--)
        {
            await Task.Delay(Pause, cancellationToken);
        }

        ExpectFree(environment);
    }

    private static bool IsTaken(EnvironmentSpec environment)
    {
        try
        {
            ExpectFree(environment);
            return false;
        }
        catch (DiagnosticException taken)
        {
            return taken.Diagnostics[0].Code == "MLO7001";
        }
    }

    private static void ExpectFree(EnvironmentSpec environment)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, environment.Port));
            socket.Listen();
        }
        catch (SocketException problem) when (problem.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new DiagnosticException(new Diagnostic("MLO7001", $"port {environment.Port} is in use by a program that is not this environment's service")
            {
                Where = $"nuke.json: environments.{environment.Name}.port",
                Mend = "end that program, or give the environment another port",
            });
        }
        catch (SocketException problem)
        {
            throw new DiagnosticException(new Diagnostic("MLO7002", $"port {environment.Port} cannot be listened on")
            {
                Where = $"nuke.json: environments.{environment.Name}.port",
                Why = problem.Message,
                Mend = "give the environment another port, above 1023",
            });
        }
    }
}
