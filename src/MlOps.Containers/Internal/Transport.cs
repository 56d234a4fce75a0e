using System.Net;
using System.Net.Http.Headers;
using System.Runtime.ExceptionServices;

namespace MlOps.Containers.Internal;

/// <summary>Sends requests and follows redirects. Credentials reach the origin they are meant for and no other; what began encrypted stays so.</summary>
internal sealed class Transport : IDisposable
{
    private const int MostRedirects = 5;

    private readonly HttpMessageInvoker _invoker;
    private readonly RegistryOptions _options;

    public Transport(RegistryOptions options, bool loopback)
    {
        _options = options;
#pragma warning disable CA2000 // The invoker disposes of it.
        _invoker = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = !loopback,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        });
#pragma warning restore CA2000
    }

    /// <summary>Whether two addresses have the same scheme, host and port.</summary>
    public static bool SameOrigin(Uri one, Uri other) =>
        one.Scheme == other.Scheme && one.Port == other.Port && string.Equals(one.IdnHost, other.IdnHost, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether an address may be gone to after another: never from https to http, and plain http only to this machine.</summary>
    public static bool MayFollow(Uri from, Uri to) =>
        to.Scheme == Uri.UriSchemeHttps || (to.Scheme == Uri.UriSchemeHttp && from.Scheme == Uri.UriSchemeHttp && Reference.IsLoopback(to));

    /// <summary>The answer, whatever its status, once its headers are here; the body is still to be read.</summary>
    /// <param name="request">The question.</param>
    /// <param name="authorization">For the origin of the request's address only.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<HttpResponseMessage> SendAsync(RegistryRequest request, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
    {
        var uri = request.Uri;
        for (var redirects = 0; ; redirects++)
        {
            var response = await SendAsync(request, uri, SameOrigin(uri, request.Uri) ? authorization : null, cancellationToken);
            if (!IsRedirect(request.Method, response.StatusCode) || response.Headers.Location is null)
            {
                return response;
            }

            using (response)
            {
                var next = new Uri(uri, response.Headers.Location);
                if (redirects == MostRedirects || !MayFollow(uri, next))
                {
                    throw request.Errand.Fail("MLO8111", redirects == MostRedirects ? "it is redirected without end" : $"it is redirected to {next.GetLeftPart(UriPartial.Authority)}, which is not encrypted",
                        "look at the registry's settings; behind a proxy it must know that it is reached by https");
                }

                uri = next;
            }
        }
    }

    public void Dispose() => _invoker.Dispose();

    private static bool IsRedirect(HttpMethod method, HttpStatusCode status) => status switch
    {
        HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect => true,
        HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther => method == HttpMethod.Get || method == HttpMethod.Head,
        _ => false,
    };

    private async Task<HttpResponseMessage> SendAsync(RegistryRequest request, Uri uri, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_options.StallTimeout * request.Patience, _options.Time, cancellationToken);
        using var message = new HttpRequestMessage(request.Method, uri) { Content = request.Body?.Invoke(guard) };
        message.Headers.Authorization = authorization;
        message.Headers.UserAgent.Add(new("mlops", null));
        request.Headers?.Invoke(message.Headers);
        try
        {
            return await _invoker.SendAsync(message, guard.Token);
        }
        catch (OperationCanceledException) when (guard.Stalled)
        {
            throw request.Errand.Stalled(uri, _options.StallTimeout * request.Patience);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw request.Errand.NotConnected(uri, _options.ConnectTimeout);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            if (message.Content is FilePart { Failure: { } local })
            {
                ExceptionDispatchInfo.Throw(local);
            }

            throw request.Errand.Lost(e, uri);
        }
    }
}
