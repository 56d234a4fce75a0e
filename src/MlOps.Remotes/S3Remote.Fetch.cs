using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using MlOps.Content;
using MlOps.Remotes.Internal;

namespace MlOps.Remotes;

/// <summary>Objects on their way down.</summary>
internal sealed partial class S3Remote
{
    private const int BlockBytes = 1 << 18;

    /// <summary>Fetches by range requests: a connection that breaks costs what was on its way, not what has come.</summary>
    public async Task<bool> FetchAsync(Digest content, string file, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await using var to = new FileStream(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous);
        for (var tries = 0; ; tries++)
        {
            var before = to.Length;
            try
            {
                return await AskAsync("fetch an object", client => GoOnAsync(client, content, to, progress, cancellationToken), cancellationToken) is not null;
            }
            catch (BrokenAnswerException) when (to.Length > before || tries < limits.Retries)
            {
                // What has come counts: only tries that bring nothing run out.
                tries = to.Length > before ? 0 : tries;
            }
            catch (BrokenAnswerException e)
            {
                throw new DiagnosticException(S3Failure.Unanswered(e.InnerException!, address, "fetch an object"));
            }
        }
    }

    private async Task<object> GoOnAsync(AmazonS3Client client, Digest content, FileStream to, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        using var answer = await RequestAsync(client, content, to, cancellationToken);
        var isRest = answer.HttpStatusCode == HttpStatusCode.PartialContent && answer.ContentRange?.StartsWith($"bytes {to.Length}-", StringComparison.Ordinal) == true;
        if (!isRest)
        {
            to.SetLength(0);
        }

        to.Position = to.Length;
        await CopyAsync(answer, to, progress, cancellationToken);
        return to;
    }

    private async Task<GetObjectResponse> RequestAsync(AmazonS3Client client, Digest content, FileStream to, CancellationToken cancellationToken)
    {
        var request = new GetObjectRequest { BucketName = address.Bucket, Key = address.KeyOf("objects", content) };
        if (to.Length > 0)
        {
            request.ByteRange = new ByteRange($"bytes={to.Length}-");
        }

        try
        {
            return await client.GetObjectAsync(request, cancellationToken);
        }
        catch (AmazonS3Exception e) when (to.Length > 0 && e.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            // The file has all bytes, or more than there are; which of them are right, nobody knows.
            to.SetLength(0);
            request.ByteRange = null;
            return await client.GetObjectAsync(request, cancellationToken);
        }
    }

    private async Task CopyAsync(GetObjectResponse answer, FileStream to, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var block = new byte[BlockBytes];
        var left = answer.ContentLength;
        while (left > 0)
        {
            var read = await ReadAsync(answer.ResponseStream, block.AsMemory(0, (int)Math.Min(left, block.Length)), cancellationToken);
            await to.WriteAsync(block.AsMemory(0, read), cancellationToken);
            progress?.Report(read);
            left -= read;
        }
    }

    /// <summary>Reads something, or throws what broke the answer: its failures are not those of the file that is written.</summary>
    private async Task<int> ReadAsync(Stream from, Memory<byte> block, CancellationToken cancellationToken)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        time.CancelAfter(limits.Silence);
        try
        {
            return await from.ReadAsync(block, time.Token) is var read and > 0 ? read : throw new EndOfStreamException("the answer ended before its length");
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is IOException or OperationCanceledException or HttpRequestException)
        {
            throw new BrokenAnswerException(e);
        }
    }

#pragma warning disable CA1064 // Never leaves this class.
    private sealed class BrokenAnswerException(Exception inner) : Exception(inner.Message, inner);
#pragma warning restore CA1064
}
