using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace MlOps.Serving.Http;

/// <summary>Counts connections, and answers those beyond the limit at once: 503, to be tried again. Whoever asks for the service's health is let in all the same.</summary>
/// <param name="isPlain">Whether the bytes are HTTP's; under TLS the connection is only closed.</param>
internal sealed class ConnectionLimit(Drain drain, ServiceLimits limits, bool isPlain)
{
    /// <summary>Connections that are about to be refused, or ask for health; those beyond are closed unheard.</summary>
    private const int MostRefused = 256;

    private const string Body = """{"error":"too many connections; try again in a moment"}""";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly byte[] Refusal = System.Text.Encoding.ASCII.GetBytes(
        $"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: application/json\r\nRetry-After: {Guard.RetryAfter}\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");

    private int _refused;

    public ConnectionDelegate Around(ConnectionDelegate next) => async connection =>
    {
        if (drain.TryOpenConnection(limits.MostConnections))
        {
            try
            {
                await next(connection);
            }
            finally
            {
                drain.ConnectionClosed();
            }

            return;
        }

        try
        {
            if (Interlocked.Increment(ref _refused) <= MostRefused && isPlain)
            {
                await RefuseAsync(connection, next);
            }
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // It hung up, or says nothing.
        }
        finally
        {
            Interlocked.Decrement(ref _refused);
        }
    };

    /// <summary>Hears the request first: closed with it unread, the connection would be reset before the answer is there.</summary>
    private static async Task RefuseAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        patience.CancelAfter(Patience);
        var heard = await connection.Transport.Input.ReadAsync(patience.Token);
        var asksForHealth = Begins(heard.Buffer, "GET /v2/health/"u8);
        connection.Transport.Input.AdvanceTo(asksForHealth ? heard.Buffer.Start : heard.Buffer.End);
        if (asksForHealth)
        {
            await next(connection);
        }
        else
        {
            await connection.Transport.Output.WriteAsync(Refusal, patience.Token);
        }
    }

    private static bool Begins(ReadOnlySequence<byte> bytes, ReadOnlySpan<byte> with) => bytes.FirstSpan.StartsWith(with);
}
