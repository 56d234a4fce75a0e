using Amazon.S3;
using Amazon.S3.Model;
using MlOps.Content;

namespace MlOps.Remotes;

/// <summary>Objects on their way up.</summary>
internal sealed partial class S3Remote
{
    private const int MostParts = 10_000, PartsSideBySide = 3;

    public async Task StoreAsync(Digest content, string file, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var length = new FileInfo(file).Length;
        var key = address.KeyOf("objects", content);
        if (length > limits.PartBytes)
        {
            await StorePartsAsync(key, file, length, progress, cancellationToken);
            return;
        }

        await using var from = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.Asynchronous);
        await PutAsync("store an object", key, from, cancellationToken);
        progress?.Report(length);
    }

    private Task<PutObjectResponse> PutAsync(string what, string key, Stream bytes, CancellationToken cancellationToken) =>
        MustAsync(what, client => client.PutObjectAsync(new()
        {
            BucketName = address.Bucket,
            Key = key,
            InputStream = bytes,
            AutoCloseStream = false,
            ContentType = "application/octet-stream",
            // Signing in chunks is what other vendors' servers most often lack.
            UseChunkEncoding = false,
            DisablePayloadSigning = IsPrivate,
        }, cancellationToken), cancellationToken);

    // Under TLS the bytes need no signature of their own, which would read them twice.
    private bool IsPrivate => address.Endpoint is not { Scheme: "http" };

    private async Task StorePartsAsync(string key, string file, long length, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        const string what = "store an object";
        var begun = await MustAsync(what, client => client.InitiateMultipartUploadAsync(
            new InitiateMultipartUploadRequest { BucketName = address.Bucket, Key = key, ContentType = "application/octet-stream" }, cancellationToken), cancellationToken);
        try
        {
            var parts = await StorePartsAsync(begun.UploadId, key, file, length, progress, cancellationToken);
            await MustAsync(what, client => client.CompleteMultipartUploadAsync(
                new() { BucketName = address.Bucket, Key = key, UploadId = begun.UploadId, PartETags = parts }, cancellationToken), cancellationToken);
        }
        catch
        {
            await AbortAsync(key, begun.UploadId);
            throw;
        }
    }

    private async Task<List<PartETag>> StorePartsAsync(string upload, string key, string file, long length, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var size = Math.Max(limits.PartBytes, (length + MostParts - 1) / MostParts);
        var parts = new PartETag[(length + size - 1) / size];
        var options = new ParallelOptions { MaxDegreeOfParallelism = PartsSideBySide, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, parts.Length), options, async (part, token) =>
        {
            var bytes = Math.Min(size, length - (part * size));
            var stored = await MustAsync("store a part of an object", client => client.UploadPartAsync(new()
            {
                BucketName = address.Bucket,
                Key = key,
                UploadId = upload,
                PartNumber = part + 1,
                FilePath = file,
                FilePosition = part * size,
                PartSize = bytes,
                UseChunkEncoding = false,
                DisablePayloadSigning = IsPrivate,
            }, token), token);
            parts[part] = new(part + 1, stored.ETag);
            progress?.Report(bytes);
        });
        return [.. parts];
    }

    /// <summary>Parts of an upload that never ends cost money until somebody removes them. The first failure matters more than that of this one.</summary>
    private async Task AbortAsync(string key, string upload)
    {
        using var time = new CancellationTokenSource(limits.Connect);
        try
        {
            await AskAsync("end an upload", client => client.AbortMultipartUploadAsync(address.Bucket, key, upload, time.Token), time.Token);
        }
        catch (Exception e) when (e is DiagnosticException or OperationCanceledException)
        {
        }
    }

    /// <summary>A request for which absence is no answer: an upload that somebody else ended.</summary>
    private async Task<T> MustAsync<T>(string what, Func<AmazonS3Client, Task<T>> ask, CancellationToken cancellationToken)
        where T : class =>
        await AskAsync(what, ask, cancellationToken) ?? throw new DiagnosticException(new Diagnostic("MLO8235", $"S3 could not {what}")
        {
            Where = Address,
            Why = "the service says that it is not there",
            Mend = "look whether \"endpoint\" in nuke.json is that of an S3 service, and run the same command again",
        });
}
