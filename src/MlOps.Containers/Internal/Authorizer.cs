using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace MlOps.Containers.Internal;

/// <summary>Answers a registry's challenges with a password or with tokens from the service that it names. https://distribution.github.io/distribution/spec/auth/.</summary>
/// <remarks>Many requests may be refused at once; one of them gets the token, the others take it.</remarks>
internal sealed class Authorizer(string registry, Transport transport, RegistryOptions options) : IDisposable
{
    private const string BasicKey = "*", Client = "mlops";
    private const int MostTokenBytes = 256 * 1024, ShortestLife = 60;

    private readonly ConcurrentDictionary<string, Held> _held = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Credential?> _credentials = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>What to send along, as far as it is known.</summary>
    public AuthenticationHeaderValue? HeaderFor(string scope) =>
        _held.TryGetValue(BasicKey, out var basic) ? basic.Header
            : _held.TryGetValue(scope, out var held) && held.Until > options.Time.GetUtcNow() ? held.Header
            : null;

    /// <summary>What to send along after a refusal.</summary>
    /// <param name="challenges">What the registry asks for.</param>
    /// <param name="request">The refused question.</param>
    /// <param name="refused">What was sent with it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<AuthenticationHeaderValue> AnswerAsync(
        IReadOnlyList<Challenge> challenges, RegistryRequest request, AuthenticationHeaderValue? refused, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (HeaderFor(request.Scope) is { } other && !other.Equals(refused))
            {
                return other;
            }

            var credential = await CredentialAsync(RepositoryOf(request.Scope), cancellationToken);
            if (challenges.FirstOrDefault(challenge => challenge.Scheme == "bearer") is { } bearer)
            {
                return await BearerAsync(bearer, request, credential, cancellationToken);
            }

            if (challenges.All(challenge => challenge.Scheme != "basic"))
            {
                throw request.Errand.NotUnderstood($"the registry asks for credentials of no known kind ({string.Join(", ", challenges.Select(challenge => challenge.Scheme))})");
            }

            return Basic(credential is { Kind: CredentialKind.Password } ? credential : throw request.Errand.NeedsLogin(registry, ""));
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Whether there is any credential for a question.</summary>
    public async Task<bool> KnowsAsync(string scope, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return await CredentialAsync(RepositoryOf(scope), cancellationToken) is not null;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private static string? RepositoryOf(string scope) => scope.Split(' ')[0].Split(':') is ["repository", var name, _] ? name : null;

    private static AuthenticationHeaderValue Encode(Credential credential) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.UserName}:{credential.Secret}")));

    private AuthenticationHeaderValue Basic(Credential credential)
    {
        var header = Encode(credential);
        _held[BasicKey] = new(header, DateTimeOffset.MaxValue);
        return header;
    }

    private async Task<Credential?> CredentialAsync(string? repository, CancellationToken cancellationToken)
    {
        var key = repository ?? "";
        if (!_credentials.TryGetValue(key, out var credential))
        {
            _credentials[key] = credential = await options.Credentials.FindAsync(registry, repository, cancellationToken);
        }

        return credential;
    }

    private async Task<AuthenticationHeaderValue> BearerAsync(Challenge challenge, RegistryRequest request, Credential? credential, CancellationToken cancellationToken)
    {
        if (credential is { Kind: CredentialKind.RegistryToken })
        {
            var fixedToken = new AuthenticationHeaderValue("Bearer", credential.Secret);
            _held[request.Scope] = new(fixedToken, DateTimeOffset.MaxValue);
            return fixedToken;
        }

        if (!Uri.TryCreate(challenge.Parameters.GetValueOrDefault("realm"), UriKind.Absolute, out var realm) || !Transport.MayFollow(request.Uri, realm))
        {
            throw request.Errand.NotUnderstood("the registry names no token service that is reached by https");
        }

        var scopes = request.Scope.Length > 0 ? request.Scope : challenge.Parameters.GetValueOrDefault("scope", "");
        var ask = Ask(realm, challenge.Parameters.GetValueOrDefault("service"), scopes, request, credential);
        var now = options.Time.GetUtcNow();
        var answer = await TokenAsync(ask, credential is { Kind: CredentialKind.Password } ? Encode(credential) : null, credential is not null, cancellationToken);
        var token = answer.Token ?? answer.AccessToken;
        if (string.IsNullOrEmpty(token) || token.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw request.Errand.NotUnderstood($"the token service {realm.Authority} gave no token");
        }

        // Asked for again a little before it ends, so that no upload is refused halfway.
        var header = new AuthenticationHeaderValue("Bearer", token);
        _held[request.Scope] = new(header, now + (TimeSpan.FromSeconds(Math.Max(answer.ExpiresIn ?? 0, ShortestLife)) * 0.9));
        return header;
    }

    private static RegistryRequest Ask(Uri realm, string? service, string scopes, RegistryRequest request, Credential? credential)
    {
        var fields = new List<KeyValuePair<string, string>>();
        if (service is not null)
        {
            fields.Add(new("service", service));
        }

        if (credential is { Kind: CredentialKind.IdentityToken })
        {
            fields.AddRange([new("grant_type", "refresh_token"), new("client_id", Client), new("refresh_token", credential.Secret), new("scope", scopes)]);
            return new(HttpMethod.Post, realm, request.Errand) { Body = _ => new FormUrlEncodedContent(fields) };
        }

        fields.AddRange(scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(scope => new KeyValuePair<string, string>("scope", scope)));
        var query = string.Join('&', fields.Select(field => $"{field.Key}={Uri.EscapeDataString(field.Value)}"));
        return new(HttpMethod.Get, new UriBuilder(realm) { Query = realm.Query.Length > 1 ? $"{realm.Query}&{query}" : query }.Uri, request.Errand);
    }

    private async Task<TokenAnswer> TokenAsync(RegistryRequest ask, AuthenticationHeaderValue? authorization, bool known, CancellationToken cancellationToken)
    {
        using var response = await transport.SendAsync(ask, authorization, cancellationToken);
        Status.ThrowIfTransient(response, ask.Errand, "");
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.BadRequest)
        {
            var words = await ResponseBody.WordsAsync(response, ask, options, cancellationToken);
            throw known ? ask.Errand.Refused(registry, words) : ask.Errand.NeedsLogin(registry, words);
        }

        return response.IsSuccessStatusCode
            && await ResponseBody.ReadAsync(response, MostTokenBytes, ask, options, cancellationToken) is { } bytes
            && JsonText.TryRead(bytes, ContainersJson.Default.TokenAnswer) is { } answer
                ? answer
                : throw ask.Errand.NotUnderstood($"the token service {ask.Uri.Authority} gave no token (status {(int)response.StatusCode})");
    }

    /// <summary>A header and when it ends.</summary>
    private sealed record Held(AuthenticationHeaderValue Header, DateTimeOffset Until);
}
