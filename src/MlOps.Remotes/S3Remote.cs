using System.Collections.Concurrent;
using Amazon.S3;
using Amazon.S3.Model;
using MlOps.Content;
using MlOps.Remotes.Internal;

namespace MlOps.Remotes;

/// <summary>A bucket of S3 or of a service that speaks its protocol.</summary>
/// <remarks>An object appears when its upload ends, whole or not at all. Uploads are not conditional: the same key has the same bytes, and writing again mends a damaged one.</remarks>
/// <param name="address">Where it is.</param>
/// <param name="limits">How long it waits.</param>
internal sealed partial class S3Remote(S3Address address, S3Limits limits) : IRemoteStore
{
    private const int MostRecordBytes = 1 << 20, SideBySide = 32;

    private readonly SemaphoreSlim _opening = new(1);
    private AmazonS3Client? _client;

    public string Address => address.Text;

    public async Task<IReadOnlySet<Digest>> FindAsync(IReadOnlyCollection<Digest> contents, CancellationToken cancellationToken)
    {
        var found = new ConcurrentBag<Digest>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = SideBySide, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(contents, options, async (content, token) =>
        {
            if (await AskAsync("look for an object", client => client.GetObjectMetadataAsync(address.Bucket, address.KeyOf("objects", content), token), token) is not null)
            {
                found.Add(content);
            }
        });
        return found.ToHashSet();
    }

    public async Task<byte[]?> FetchRecordAsync(Digest key, CancellationToken cancellationToken) =>
        await AskAsync("fetch a record", async client =>
        {
            using var answer = await client.GetObjectAsync(address.Bucket, address.KeyOf("records", key), cancellationToken);
            if (answer.ContentLength > MostRecordBytes)
            {
                throw new DiagnosticException(new Diagnostic("MLO8238", $"the record {key} is too long to be one")
                {
                    Where = Address,
                    Why = "records have at most 1 MiB",
                    Mend = "remove it there and push it again: ./build.sh Push",
                });
            }

            var bytes = new byte[answer.ContentLength];
            using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            time.CancelAfter(limits.Silence);
            await answer.ResponseStream.ReadExactlyAsync(bytes, time.Token);
            return bytes;
        }, cancellationToken);

    public async Task StoreRecordAsync(Digest key, ReadOnlyMemory<byte> record, IReadOnlyCollection<RemoteObject> names, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream(record.ToArray());
        await PutAsync("store a record", address.KeyOf("records", key), bytes, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _opening.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>One request, tried again by the SDK; null if what it asks for is absent. Every failure of the remote becomes a diagnostic.</summary>
    private async Task<T?> AskAsync<T>(string what, Func<AmazonS3Client, Task<T>> ask, CancellationToken cancellationToken)
        where T : class
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await ask(await ClientAsync(cancellationToken));
        }
        catch (AmazonS3Exception e) when (S3Failure.IsAbsence(e))
        {
            return null;
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && e is not OperationCanceledException)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && S3Failure.Explain(e, address, what) is { } diagnostic)
        {
            throw new DiagnosticException(diagnostic);
        }
    }

    private async Task<AmazonS3Client> ClientAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _client) is { } open)
        {
            return open;
        }

        await _opening.WaitAsync(cancellationToken);
        try
        {
            return _client ??= await S3Connection.OpenAsync(address, limits, cancellationToken);
        }
        finally
        {
            _opening.Release();
        }
    }
}
