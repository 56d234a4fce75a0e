using System.Net;

namespace MlOps.Containers.Internal;

/// <summary>Questions to one registry: authorized as it asks, and its refusals in words.</summary>
internal sealed class RegistryHttp : IDisposable
{
    private readonly Transport _transport;
    private readonly Authorizer _authorizer;
    private readonly string _registry;
    private readonly SemaphoreSlim _confirming = new(1);
    private bool _confirmed;

    public RegistryHttp(string registry, RegistryOptions options)
    {
        (_registry, Options) = (registry, options);
        var host = registry == DockerHub.Registry ? DockerHub.Host : registry;
        var secure = new Uri($"https://{host}/");
        var loopback = Reference.IsLoopback(secure);
        Root = loopback ? new Uri($"http://{host}/") : secure;
        _transport = new(options, loopback);
        _authorizer = new(registry, _transport, options);
        Backoff = new(options);
    }

    /// <summary>The registry's origin.</summary>
    public Uri Root { get; }

    public RegistryOptions Options { get; }

    public Backoff Backoff { get; }

    /// <summary>The answer, unless it is that one has no right, or that something is wrong for now.</summary>
    /// <exception cref="TransientException">It may pass.</exception>
    public async Task<HttpResponseMessage> SendAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        var own = Transport.SameOrigin(request.Uri, Root);
        var header = own ? _authorizer.HeaderFor(request.Scope) : null;
        var response = await _transport.SendAsync(request, header, cancellationToken);
        try
        {
            if (response.StatusCode == HttpStatusCode.Unauthorized && own && IsOwn(response) && ChallengesOf(response) is { Count: > 0 } challenges)
            {
                response.Dispose();
                header = await _authorizer.AnswerAsync(challenges, request, header, cancellationToken);
                response = await _transport.SendAsync(request, header, cancellationToken);
            }

            await CheckAsync(response, request, cancellationToken);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>An answer that nobody expected.</summary>
    public async Task<Exception> UnexpectedAsync(HttpResponseMessage response, RegistryRequest request, CancellationToken cancellationToken) =>
        request.Errand.Unexpected(response.StatusCode, await ResponseBody.WordsAsync(response, request, Options, cancellationToken));

    /// <summary>Makes sure, once, that something which says "not found" is a registry: another server must not look like an empty one.</summary>
    public async Task ConfirmAsync(Errand errand, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _confirmed))
        {
            return;
        }

        await _confirming.WaitAsync(cancellationToken);
        try
        {
            if (!_confirmed)
            {
                var request = new RegistryRequest(HttpMethod.Get, new(Root, "/v2/"), errand);
                using var response = await _transport.SendAsync(request, null, cancellationToken);
                Status.ThrowIfTransient(response, errand, "");
                Volatile.Write(ref _confirmed, IsRegistry(response) ? true : throw errand.NotUnderstood($"{Root.Authority} is no registry: GET /v2/ has status {(int)response.StatusCode}"));
            }
        }
        finally
        {
            _confirming.Release();
        }
    }

    public void Dispose()
    {
        _confirming.Dispose();
        _authorizer.Dispose();
        _transport.Dispose();
    }

    private static IReadOnlyList<Challenge> ChallengesOf(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var values) ? Challenge.Parse(values) : [];

    private static bool IsRegistry(HttpResponseMessage response) => response.StatusCode switch
    {
        HttpStatusCode.OK => response.Content.Headers.ContentType?.MediaType != "text/html",
        HttpStatusCode.Unauthorized => ChallengesOf(response).Count > 0,
        _ => false,
    };

    private bool IsOwn(HttpResponseMessage response) => Transport.SameOrigin(response.RequestMessage!.RequestUri!, Root);

    private async Task CheckAsync(HttpResponseMessage response, RegistryRequest request, CancellationToken cancellationToken)
    {
        if (response.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) && !Status.IsTransient(response.StatusCode))
        {
            return;
        }

        var words = await ResponseBody.WordsAsync(response, request, Options, cancellationToken);
        Status.ThrowIfTransient(response, request.Errand, words);
        if (!IsOwn(response))
        {
            throw request.Errand.Unexpected(response.StatusCode, words);
        }

        throw await _authorizer.KnowsAsync(request.Scope, cancellationToken)
            ? request.Errand.Refused(_registry, words)
            : request.Errand.NeedsLogin(_registry, words);
    }
}
