using System.Net;
using System.Runtime.CompilerServices;
using MlOps.Containers.Internal;
using MlOps.Content;

namespace MlOps.Containers;

/// <summary>Manifests and tags.</summary>
public sealed partial class Repository
{
    private const int MostTagBytes = 16 << 20, MostPages = 1000;

    private static readonly string[] Accepted = [MediaTypes.Manifest, MediaTypes.Index, MediaTypes.DockerManifest, MediaTypes.DockerIndex];

    /// <summary>The manifest or index of a tag, or null.</summary>
    public Task<StoredManifest?> GetManifestAsync(string tag, CancellationToken cancellationToken) => GetManifestAsync(Checked(tag), null, cancellationToken);

    /// <summary>The manifest or index of a digest, or null; its bytes are what the digest says.</summary>
    public Task<StoredManifest?> GetManifestAsync(Digest digest, CancellationToken cancellationToken) => GetManifestAsync(digest.ToString(), digest, cancellationToken);

    /// <summary>What a tag stands for, or null: media type, digest and size as the registry says them.</summary>
    public Task<Descriptor?> HeadManifestAsync(string tag, CancellationToken cancellationToken) => HeadAsync(Checked(tag), null, cancellationToken);

    /// <summary>The manifest or index of a digest as the registry describes it, or null; its bytes are not fetched.</summary>
    public Task<Descriptor?> HeadManifestAsync(Digest digest, CancellationToken cancellationToken) => HeadAsync(digest.ToString(), digest, cancellationToken);

    private Task<Descriptor?> HeadAsync(string reference, Digest? wanted, CancellationToken cancellationToken)
    {
        var request = Manifest(HttpMethod.Head, reference, "ask for", _pull);
        return RetryAsync(
            async _ =>
            {
                using var response = await _http.SendAsync(request, cancellationToken);
                return response.StatusCode switch
                {
                    HttpStatusCode.NotFound => await AbsentAsync<Descriptor>(request, cancellationToken),
                    HttpStatusCode.OK when wanted is not null && ClaimOf(response) is { } other && other != wanted => throw request.Errand.Lies($"the registry describes {other} instead"),
                    HttpStatusCode.OK when (ClaimOf(response) ?? wanted) is { } digest && response.Content.Headers is { ContentType.MediaType: { } type, ContentLength: { } size } =>
                        new Descriptor { MediaType = type, Digest = digest, Size = size },
                    HttpStatusCode.OK => throw request.Errand.NotUnderstood("the registry tells no digest, length or media type"),
                    _ => throw await _http.UnexpectedAsync(response, request, cancellationToken),
                };
            },
            cancellationToken);
    }

    /// <summary>Stores a manifest or index under its digest, and under a tag if one is given. What it names must be there.</summary>
    /// <returns>Its descriptor.</returns>
    public async Task<Descriptor> PutManifestAsync(string mediaType, ReadOnlyMemory<byte> bytes, string? tag, CancellationToken cancellationToken) =>
        (await StoreManifestAsync(mediaType, bytes, tag, cancellationToken)).Stored;

    private async Task<(Descriptor Stored, Digest? Subject)> StoreManifestAsync(string mediaType, ReadOnlyMemory<byte> bytes, string? tag, CancellationToken cancellationToken)
    {
        var descriptor = Descriptor.Of(mediaType, bytes.Span);
        var request = Manifest(HttpMethod.Put, tag is null ? descriptor.Digest.ToString() : Checked(tag), "store", _push);
        if (bytes.Length > Containers.Manifest.MaximumBytes)
        {
            throw request.Errand.Fail("MLO8116", $"it has {bytes.Length} bytes, and registries take at most {Containers.Manifest.MaximumBytes}", "split it into several manifests and an index");
        }

        request = request with { Body = _ => new ReadOnlyMemoryContent(bytes) { Headers = { ContentType = new(mediaType) } } };
        return await RetryAsync(
            async _ =>
            {
                using var response = await _http.SendAsync(request, cancellationToken);
                return !response.IsSuccessStatusCode ? throw await _http.UnexpectedAsync(response, request, cancellationToken)
                    : ClaimOf(response) is { } claim && claim != descriptor.Digest ? throw request.Errand.Lies($"the registry says that it stored {claim}")
                    : (descriptor, DigestIn(response, "OCI-Subject"));
            },
            cancellationToken);
    }

    /// <summary>The repository's tags, page by page, in the registry's order.</summary>
    public async IAsyncEnumerable<string> TagsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = Ask(HttpMethod.Get, "tags/list", "list the tags", _pull);
        for (var pages = 0; next is not null; pages++)
        {
            var request = pages < MostPages ? next : throw next.Errand.Lies($"it has more than {MostPages} pages");
            (var tags, next) = await RetryAsync(_ => PageAsync(request, cancellationToken), cancellationToken);
            foreach (var tag in tags)
            {
                yield return tag;
            }
        }
    }

    private static string Checked(string tag) => Reference.IsTag(tag) ? tag : throw new ArgumentException($"'{tag}' is no tag", nameof(tag));

    private RegistryRequest Manifest(HttpMethod method, string reference, string doing, string scope) =>
        Ask(method, $"manifests/{reference}", $"{doing} manifest {reference}", scope) with
        {
            Headers = headers =>
            {
                foreach (var type in method == HttpMethod.Put ? [] : Accepted)
                {
                    headers.Accept.Add(new(type));
                }
            },
        };

    private Task<StoredManifest?> GetManifestAsync(string reference, Digest? wanted, CancellationToken cancellationToken)
    {
        var request = Manifest(HttpMethod.Get, reference, "fetch", _pull);
        return RetryAsync(
            async _ =>
            {
                using var response = await _http.SendAsync(request, cancellationToken);
                if (response.StatusCode == HttpStatusCode.NotFound)
                {
                    return await AbsentAsync<StoredManifest>(request, cancellationToken);
                }

                return response.StatusCode == HttpStatusCode.OK
                    ? await ReadManifestAsync(response, request, wanted, cancellationToken)
                    : throw await _http.UnexpectedAsync(response, request, cancellationToken);
            },
            cancellationToken);
    }

    private async Task<StoredManifest> ReadManifestAsync(HttpResponseMessage response, RegistryRequest request, Digest? wanted, CancellationToken cancellationToken)
    {
        var bytes = await ResponseBody.ReadAsync(response, Containers.Manifest.MaximumBytes, request, Options, cancellationToken)
            ?? throw request.Errand.Lies($"it is longer than the {Containers.Manifest.MaximumBytes} bytes that a manifest may have");
        var descriptor = Descriptor.Of(response.Content.Headers.ContentType?.MediaType ?? "", bytes);
        return (wanted ?? ClaimOf(response)) is { } digest && digest != descriptor.Digest
            ? throw request.Errand.Lies($"its bytes have digest {descriptor.Digest}, not {digest}")
            : new(descriptor, bytes);
    }

    private async Task<(IReadOnlyList<string> Tags, RegistryRequest? Next)> PageAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        using var response = await _http.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            await _http.ConfirmAsync(request.Errand, cancellationToken);
            return ([], null);
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw await _http.UnexpectedAsync(response, request, cancellationToken);
        }

        var page = await ResponseBody.ReadAsync(response, MostTagBytes, request, Options, cancellationToken) is { } bytes ? JsonText.TryRead(bytes, ContainersJson.Default.TagList) : null;
        return page is null ? throw request.Errand.NotUnderstood("the list of tags is not what the specification says") : (page.Tags ?? [], Next(response, request));
    }

    /// <summary>The next page, if the registry names one of its own: <c>Link: &lt;…&gt;; rel="next"</c>.</summary>
    private RegistryRequest? Next(HttpResponseMessage response, RegistryRequest request)
    {
        var link = response.Headers.NonValidated.TryGetValues("Link", out var values) ? values.ToString() : "";
        var (open, close) = (link.IndexOf('<', StringComparison.Ordinal), link.IndexOf('>', StringComparison.Ordinal));
        return open >= 0 && close > open && Uri.TryCreate(request.Uri, link[(open + 1)..close], out var next) && Transport.SameOrigin(next, _http.Root) && next != request.Uri
            ? request with { Uri = next }
            : null;
    }
}
