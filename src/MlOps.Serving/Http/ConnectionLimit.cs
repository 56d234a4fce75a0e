using Microsoft.AspNetCore.Connections;

namespace MlOps.Serving.Http;

/// <summary>Counts connections, and answers those beyond the limit at once: 503, to be tried again.</summary>
/// <param name="isPlain">Whether the bytes are HTTP's; under TLS the connection is only closed.</param>
internal sealed class ConnectionLimit(Drain drain, ServiceLimits limits, bool isPlain)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly byte[] Refusal = System.Text.Encoding.ASCII.GetBytes(
        $"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: application/json\r\nRetry-After: {Guard.RetryAfter}\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");

    private const string Body = """{"error":"too many connections; try again in a moment"}""";

    public ConnectionDelegate Around(ConnectionDelegate next) => async connection =>
    {
        try
        {
            if (drain.ConnectionOpened() <= limits.MostConnections)
            {
                await next(connection);
            }
            else if (isPlain)
            {
                await connection.Transport.Output.WriteAsync(Refusal);
                await HearAsync(connection);
            }
        }
        finally
        {
            drain.ConnectionClosed();
        }
    };

    /// <summary>Reads what comes with the connection: closed with a request unread, it would be reset before the answer is there.</summary>
    private static async Task HearAsync(ConnectionContext connection)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        patience.CancelAfter(Patience);
        try
        {
            await connection.Transport.Input.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // It says nothing.
        }
    }
}
