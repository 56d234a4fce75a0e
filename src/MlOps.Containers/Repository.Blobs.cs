using System.Net;
using System.Net.Http.Headers;
using Microsoft.Win32.SafeHandles;
using MlOps.Containers.Internal;
using MlOps.Content;

namespace MlOps.Containers;

/// <summary>Blobs: what is there, and fetching.</summary>
public sealed partial class Repository
{
    private const int BlockBytes = 1 << 20;

    /// <summary>The length of a blob, or null if it is not there.</summary>
    public Task<long?> HeadBlobAsync(Digest digest, CancellationToken cancellationToken)
    {
        var request = Ask(HttpMethod.Head, $"blobs/{digest}", $"ask for blob {digest}", _pull);
        return RetryAsync(
            async _ =>
            {
                using var response = await _http.SendAsync(request, cancellationToken);
                return response.StatusCode switch
                {
                    HttpStatusCode.NotFound => await AbsentAsync<long?>(request, cancellationToken),
                    HttpStatusCode.OK => response.Content.Headers.ContentLength ?? throw request.Errand.NotUnderstood("the registry tells no length"),
                    _ => throw await _http.UnexpectedAsync(response, request, cancellationToken),
                };
            },
            cancellationToken);
    }

    /// <summary>The bytes of a small blob, held against its digest; null if it is not there.</summary>
    /// <param name="digest">The blob.</param>
    /// <param name="most">A longer one is refused.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task<byte[]?> GetBlobAsync(Digest digest, int most, CancellationToken cancellationToken)
    {
        var request = Ask(HttpMethod.Get, $"blobs/{digest}", $"fetch blob {digest}", _pull);
        return RetryAsync(
            async _ =>
            {
                using var response = await _http.SendAsync(request, cancellationToken);
                if (response.StatusCode == HttpStatusCode.NotFound)
                {
                    return await AbsentAsync<byte[]>(request, cancellationToken);
                }

                if (response.StatusCode != HttpStatusCode.OK)
                {
                    throw await _http.UnexpectedAsync(response, request, cancellationToken);
                }

                var bytes = await ResponseBody.ReadAsync(response, most, request, Options, cancellationToken) ?? throw request.Errand.Lies($"it is longer than {most} bytes");
                return Digest.Of(bytes) is var got && got == digest ? bytes : throw request.Errand.Lies($"its bytes have digest {got}");
            },
            cancellationToken);
    }

    /// <summary>Fetches a blob into a file; false if it is not there. Bytes that the file holds already are taken for the blob's first ones and gone on after, where the registry
    /// can; else the file starts anew. The bytes are not held against the digest here.</summary>
    /// <param name="digest">The blob.</param>
    /// <param name="file">Where its bytes go; made if it is missing.</param>
    /// <param name="progress">Told how many more bytes have come.</param>
    /// <param name="cancellationToken">Ends it; what has come stays in the file.</param>
    public Task<bool> FetchBlobAsync(Digest digest, string file, IProgress<long>? progress, CancellationToken cancellationToken) => FetchBlobAsync(digest, null, file, progress, cancellationToken);

    /// <summary>As the other, for a blob whose length is known: a registry that has another is refused before its bytes are taken.</summary>
    public Task<bool> FetchBlobAsync(Descriptor blob, string file, IProgress<long>? progress, CancellationToken cancellationToken) => FetchBlobAsync(blob.Digest, blob.Size, file, progress, cancellationToken);

    private async Task<bool> FetchBlobAsync(Digest digest, long? size, string file, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var request = Ask(HttpMethod.Get, $"blobs/{digest}", $"fetch blob {digest}", _pull);
        SafeFileHandle? handle = null;
        try
        {
            // Made only when the first bytes come: an absent blob leaves nothing.
            return await RetryAsync(async _ => await FetchOnceAsync(), cancellationToken, () => handle is null ? 0 : RandomAccess.GetLength(handle));
        }
        finally
        {
            handle?.Dispose();
        }

        async Task<bool> FetchOnceAsync()
        {
            var have = handle is not null ? RandomAccess.GetLength(handle) : FileStat.Of(file) is { Kind: FileKind.File } stat ? stat.Size : 0;
            using var response = await _http.SendAsync(have == 0 ? request : request with { Headers = headers => headers.Range = new(have, null) }, cancellationToken);
            switch (response.StatusCode)
            {
                case HttpStatusCode.NotFound:
                    return await AbsentAsync<bool>(request, cancellationToken);
                case HttpStatusCode.RequestedRangeNotSatisfiable when have > 0:
                    if (response.Content.Headers.ContentRange?.Length == have)
                    {
                        return true;
                    }

                    RandomAccess.SetLength(handle ??= Open(file), 0);
                    return await FetchOnceAsync();
                case HttpStatusCode.OK or HttpStatusCode.PartialContent:
                    var (start, length) = await ExtentAsync(response, request, digest, have, size, cancellationToken);
                    if (length != (size ?? length))
                    {
                        throw request.Errand.Lies(FormattableString.Invariant($"the registry has {length} bytes for it, not {size}"));
                    }

                    RandomAccess.SetLength(handle ??= Open(file), start);
                    await ReceiveAsync(response, request, handle, start, length, progress, cancellationToken);
                    return true;
                default:
                    throw await _http.UnexpectedAsync(response, request, cancellationToken);
            }
        }
    }

    private static SafeFileHandle Open(string file) => File.OpenHandle(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);

    /// <summary>Which bytes an answer brings: from where, and the blob's whole length.</summary>
    private async Task<(long Start, long Length)> ExtentAsync(HttpResponseMessage response, RegistryRequest request, Digest digest, long have, long? size, CancellationToken cancellationToken)
    {
        if (ClaimOf(response) is { } claim && claim != digest)
        {
            throw request.Errand.Lies($"the registry sends blob {claim} instead");
        }

        var headers = response.Content.Headers;
        if (response.StatusCode == HttpStatusCode.PartialContent)
        {
            return headers.ContentRange is { Unit: "bytes", From: { } from, To: { } to, Length: { } whole } && from == have && to == whole - 1
                && (headers.ContentLength ?? whole - from) == whole - from
                ? (from, whole)
                : throw request.Errand.Lies($"asked for the bytes from {have} on, the registry sends others ({headers.ContentRange})");
        }

        // A length that nobody tells could be any: what comes must have an end.
        return (0, headers.ContentLength ?? size ?? await HeadBlobAsync(digest, cancellationToken) ?? throw request.Errand.NotUnderstood("the registry tells no length"));
    }

    private async Task ReceiveAsync(
        HttpResponseMessage response, RegistryRequest request, SafeFileHandle file, long start, long length, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(Options.StallTimeout, Options.Time, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var block = System.Buffers.ArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            var at = start;
            for (int read; (read = await ResponseBody.ReadAsync(stream, block, guard, request, Options)) > 0; at += read, guard.Moved())
            {
                if (read > length - at)
                {
                    throw request.Errand.Lies($"the registry sends more than the {length} bytes that it promised");
                }

                RandomAccess.Write(file, block.AsSpan(0, read), at);
                progress?.Report(read);
            }

            if (at != length)
            {
                throw request.Errand.Short(length, at);
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(block);
        }
    }
}
