using System.Net;
using MlOps.Containers.Internal;
using MlOps.Content;

namespace MlOps.Containers;

/// <summary>A client of one OCI registry. https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md.</summary>
/// <remarks>HTTPS, or plain http where the registry is on this machine. Credentials reach the registry and the token service that it names, nobody else.
/// What may pass is tried again. Threads may share it; connections are shared.</remarks>
public sealed class RegistryClient : IDisposable
{
    private readonly RegistryHttp _http;

    /// <summary>A client that asks nothing before its first use.</summary>
    /// <param name="registry">The host, and its port where it is not the usual one.</param>
    /// <param name="options">How it behaves.</param>
    /// <exception cref="DiagnosticException">MLO8101: it is no host.</exception>
    public RegistryClient(string registry, RegistryOptions? options = null)
    {
        if (!Reference.IsRegistry(registry))
        {
            throw new DiagnosticException(new Diagnostic("MLO8101", $"'{registry[(registry.LastIndexOf('@') + 1)..]}' is no registry") { Mend = "write HOST or HOST:PORT" });
        }

        Registry = registry;
        _http = new(registry, options ?? new());
    }

    /// <summary>The host, and its port where it is not the usual one.</summary>
    public string Registry { get; }

    /// <summary>A repository of the registry; it comes about with the first thing stored in it.</summary>
    /// <param name="name">Parts of lower-case letters and digits between slashes.</param>
    /// <exception cref="DiagnosticException">MLO8101: it is no repository's name.</exception>
    public Repository Repository(string name) => new(_http, Reference.Parse($"{Registry}/{name}"));

    /// <summary>Makes sure that the registry answers and knows the credentials of this machine, if it wants any.</summary>
    /// <exception cref="DiagnosticException">It does not; why stands there.</exception>
    public async Task PingAsync(CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Get, new(_http.Root, "/v2/"), new(Registry, "reach the registry"));
        await _http.Backoff.RunAsync(
            async _ =>
            {
                using var response = await _http.SendAsync(request, cancellationToken);
                return response.StatusCode == HttpStatusCode.OK && response.Content.Headers.ContentType?.MediaType != "text/html"
                    ? true
                    : throw await _http.UnexpectedAsync(response, request, cancellationToken);
            },
            null,
            cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
