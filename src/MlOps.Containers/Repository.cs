using MlOps.Containers.Internal;
using MlOps.Content;

namespace MlOps.Containers;

/// <summary>A repository in a registry: blobs by digest, manifests by digest or tag.</summary>
/// <remarks>Absence is an answer (false, null); every other failure is a <see cref="DiagnosticException"/> that names repository and object (MLO81xx),
/// or an <see cref="IOException"/> of a local file. All may be called side by side, and again.</remarks>
public sealed partial class Repository
{
    private readonly RegistryHttp _http;
    private readonly string _pull, _push;

    internal Repository(RegistryHttp http, Reference reference)
    {
        (_http, Reference) = (http, reference);
        (_pull, _push) = ($"repository:{reference.Repository}:pull", $"repository:{reference.Repository}:pull,push");
    }

    /// <summary>The registry and the repository's name.</summary>
    public Reference Reference { get; }

    private RegistryOptions Options => _http.Options;

    private RegistryRequest Ask(HttpMethod method, string path, string doing, string scope) =>
        new(method, At(path), new(Reference.ToString(), doing)) { Scope = scope };

    private Uri At(string path) => new(_http.Root, $"/v2/{Reference.Repository}/{path}");

    private Task<T> RetryAsync<T>(Func<int, Task<T>> operation, CancellationToken cancellationToken, Func<long>? progress = null) =>
        _http.Backoff.RunAsync(operation, progress, cancellationToken);

    /// <summary>Somebody else's server must not look like a repository that lacks something.</summary>
    private async Task<T?> AbsentAsync<T>(RegistryRequest request, CancellationToken cancellationToken)
    {
        await _http.ConfirmAsync(request.Errand, cancellationToken);
        return default;
    }

    private static Digest? ClaimOf(HttpResponseMessage response) => DigestIn(response, "Docker-Content-Digest");

    private static Digest? DigestIn(HttpResponseMessage response, string header) =>
        response.Headers.NonValidated.TryGetValues(header, out var values) && Digest.TryParse(values.ToString(), out var digest) ? digest : null;
}
