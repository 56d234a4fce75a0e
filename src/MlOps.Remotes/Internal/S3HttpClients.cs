using Amazon.Runtime;
using MlOps.Content;

namespace MlOps.Remotes.Internal;

/// <summary>The HTTP clients of one S3 remote: they follow no redirect by themselves, and send nothing to any host but the remote's own.</summary>
/// <remarks>The SDK answers some redirects by signing the request anew for the host that it is sent to, with the session's token in a header.</remarks>
internal sealed class S3HttpClients(S3Address address, S3Limits limits) : HttpClientFactory
{
    public override HttpClient CreateHttpClient(IClientConfig clientConfig)
    {
#pragma warning disable CA2000 // The client owns its handlers, and the SDK closes the client.
        var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = limits.Connect,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        };
        return new HttpClient(new OwnHostOnly(address, sockets)) { Timeout = limits.Answer };
#pragma warning restore CA2000
    }

    // One client a remote, closed with it.
    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    private sealed class OwnHostOnly(S3Address address, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var target = request.RequestUri!;
            if (!IsOwn(target))
            {
                throw SentOn(target);
            }

            var answer = await base.SendAsync(request, cancellationToken);
            if ((int)answer.StatusCode is >= 300 and < 400 && answer.Headers.Location is { } location && new Uri(target, location) is var next && !IsFollowed(next))
            {
                answer.Dispose();
                throw SentOn(next);
            }

            return answer;
        }

        // The SDK understands redirects to Amazon's hosts only, and breaks on others.
        private bool IsFollowed(Uri target) => address.Endpoint is null && IsOwn(target);

        private DiagnosticException SentOn(Uri target) => new(new Diagnostic("MLO8236", "the S3 service sent a request on to another place")
        {
            Where = address.Text,
            Why = IsOwn(target) ? "redirects of such a service are not followed" : $"'{target.Host}' is not the service that nuke.json names; it was told nothing",
            Mend = "name the bucket's own endpoint or region in nuke.json under \"store\"",
        });

        private bool IsOwn(Uri target) => address.Endpoint is { } endpoint
            ? target.Scheme == endpoint.Scheme && target.Authority == endpoint.Authority
            : target.Scheme == "https" && (target.Host.EndsWith(".amazonaws.com", StringComparison.Ordinal) || target.Host.EndsWith(".amazonaws.com.cn", StringComparison.Ordinal));
    }
}
