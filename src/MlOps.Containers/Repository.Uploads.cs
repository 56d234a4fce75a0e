using System.Globalization;
using System.Net;
using MlOps.Containers.Internal;
using MlOps.Content;

namespace MlOps.Containers;

/// <summary>Storing blobs: in one request, or in parts that a broken connection does not lose.</summary>
public sealed partial class Repository
{
    private const string OtherBytes = "MLO8115";

    /// <summary>Stores some bytes as a blob.</summary>
    /// <returns>Its digest.</returns>
    public async Task<Digest> PutBlobAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var digest = Digest.Of(content.Span);
        var doing = $"store blob {digest}";
        return await RetryAsync(
            async tried =>
            {
                if (tried == 0 || await HeadBlobAsync(digest, cancellationToken) is null)
                {
                    var (location, _) = await StartUploadAsync(doing, cancellationToken);
                    await CommitAsync(location, digest, doing, _ => new ReadOnlyMemoryContent(content) { Headers = { ContentType = new(MediaTypes.Bytes) } }, cancellationToken);
                }

                return digest;
            },
            cancellationToken);
    }

    /// <summary>Stores a file as a blob. A large one goes in parts: after a broken connection it goes on after the last byte that the registry has, if the registry can tell.</summary>
    /// <param name="digest">The sha256 of the file's bytes; the registry refuses others.</param>
    /// <param name="file">The file; it must not change meanwhile.</param>
    /// <param name="progress">Told how many more bytes have gone.</param>
    /// <param name="cancellationToken">Ends it; nobody sees the blob then.</param>
    public async Task PutBlobAsync(Digest digest, string file, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.SequentialScan);
        var length = RandomAccess.GetLength(handle);
        var upload = new Upload(digest, handle, length, progress) { InParts = length > Options.ChunkBytes };
        await RetryAsync(
            async tried =>
            {
                // The answer to the last request of an earlier try may have been lost.
                if ((tried > 0 || upload.InParts) && await HeadBlobAsync(digest, cancellationToken) == length)
                {
                    return true;
                }

                return upload.InParts && await TryPutPartsAsync(upload, cancellationToken) || await PutWholeAsync(upload, cancellationToken);
            },
            cancellationToken,
            () => upload.Furthest);
    }

    /// <summary>Lets a blob of another repository of the registry be one of this one, too, without sending it; false if the registry does not do that.</summary>
    public Task<bool> MountBlobAsync(Digest digest, string from, CancellationToken cancellationToken)
    {
        var request = Ask(HttpMethod.Post, $"blobs/uploads/?mount={Uri.EscapeDataString(digest.ToString())}&from={Uri.EscapeDataString(from)}", $"mount blob {digest} from {from}",
            $"{_push} repository:{from}:pull") with { Body = NoBody };
        return RetryAsync(
            async _ =>
            {
                using var response = await _http.SendAsync(request, cancellationToken);
                switch (response.StatusCode)
                {
                    case HttpStatusCode.Created:
                        return true;
                    case HttpStatusCode.Accepted:
                        // It opened an upload instead, which nobody will use.
                        using (await _http.SendAsync(new(HttpMethod.Delete, LocationOf(response, request), request.Errand) { Scope = _push }, cancellationToken))
                        {
                            return false;
                        }

                    default:
                        throw await _http.UnexpectedAsync(response, request, cancellationToken);
                }
            },
            cancellationToken);
    }

    private static ByteArrayContent NoBody(StallGuard guard) => new([]);

    private static Uri LocationOf(HttpResponseMessage response, RegistryRequest request)
    {
        var location = response.Headers.Location is { } given ? new Uri(response.RequestMessage!.RequestUri!, given) : throw request.Errand.NotUnderstood("the registry names no place for the upload");
        return Transport.MayFollow(request.Uri, location) ? location
            : throw request.Errand.Fail("MLO8111", $"it is sent on to {location.GetLeftPart(UriPartial.Authority)}, which is not encrypted",
                "look at the registry's settings; behind a proxy it must know that it is reached by https");
    }

    private async Task<(Uri Location, long LeastPart)> StartUploadAsync(string doing, CancellationToken cancellationToken)
    {
        var request = Ask(HttpMethod.Post, "blobs/uploads/", doing, _push) with { Body = NoBody };
        using var response = await _http.SendAsync(request, cancellationToken);
        var least = response.Headers.NonValidated.TryGetValues("OCI-Chunk-Min-Length", out var values)
            && long.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var told) ? told : 1;
        return response.StatusCode == HttpStatusCode.Accepted ? (LocationOf(response, request), least) : throw await _http.UnexpectedAsync(response, request, cancellationToken);
    }

    /// <summary>Ends an upload, with all bytes or with those that are missing yet.</summary>
    private async Task CommitAsync(Uri location, Digest digest, string doing, Func<StallGuard, HttpContent> body, CancellationToken cancellationToken)
    {
        var separator = location.Query.Length > 1 ? '&' : '?';
        var request = new RegistryRequest(HttpMethod.Put, new($"{location.AbsoluteUri}{separator}digest={Uri.EscapeDataString(digest.ToString())}"), new(Reference.ToString(), doing))
        {
            Scope = _push,
            Body = body,
            Patience = FilePart.Patience,
        };
        using var response = await _http.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            throw Forgotten(request.Errand);
        }

        if (!response.IsSuccessStatusCode)
        {
            var words = await ResponseBody.WordsAsync(response, request, Options, cancellationToken);
            throw words.Contains("DIGEST_INVALID", StringComparison.Ordinal)
                ? request.Errand.Fail(OtherBytes, "the registry received other bytes than the digest says", "look whether the file is whole: ./build.sh Verify; then try again")
                : request.Errand.Unexpected(response.StatusCode, words);
        }
    }

    private static TransientException Forgotten(Errand errand) => new(errand.Say("MLO8114", "the registry lost the upload before its end", "try again"));
}
