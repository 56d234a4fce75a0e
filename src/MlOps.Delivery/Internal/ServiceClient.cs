using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace MlOps.Delivery.Internal;

/// <summary>Asks a service over HTTP, without any proxy between.</summary>
internal sealed class ServiceClient : IDisposable
{
    private readonly SocketsHttpHandler _sockets;
    private readonly HttpClient _http;

    public ServiceClient(Uri url, TimeSpan timeout)
    {
        _sockets = new SocketsHttpHandler { UseProxy = false, ConnectTimeout = timeout };
        _http = new HttpClient(_sockets) { BaseAddress = url, Timeout = timeout };
    }

    /// <summary>Whether it says that it is ready; false where nobody answers.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri("/v2/health/ready", UriKind.Relative), cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception silence) when (IsSilence(silence, cancellationToken))
        {
            return false;
        }
    }

    public Task<JsonDocument> GetAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    public Task<JsonDocument> PostAsync(string path, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var content = new ReadOnlyMemoryContent(json);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = content }, cancellationToken);
    }

    public void Dispose()
    {
        _http.Dispose();
        _sockets.Dispose();
    }

    /// <summary>Whether an exception means that the service did not answer, or not in time, or not in JSON (and not that the caller cancelled).</summary>
    public static bool IsSilence(Exception problem, CancellationToken cancellationToken) =>
        problem is HttpRequestException or JsonException or IOException
            || (problem is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private async Task<JsonDocument> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        using (var answer = await _http.SendAsync(request, cancellationToken))
        {
            var body = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            return answer.IsSuccessStatusCode ? JsonDocument.Parse(body)
                : throw new HttpRequestException($"HTTP {(int)answer.StatusCode}: {Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 400)))}");
        }
    }
}
