using System.Collections.Concurrent;
using MlOps.Content;

namespace MlOps.Tests.Remotes;

/// <summary>A real remote whose calls are counted, held up or made to fail.</summary>
internal sealed class WatchedRemote(IRemoteStore inner) : IRemoteStore
{
    /// <summary>The calls in their order: <c>find</c>, <c>fetch</c>, <c>store</c>, <c>fetch record</c>, <c>store record</c>.</summary>
    public ConcurrentQueue<string> Calls { get; } = [];

    /// <summary>Runs before each call; may throw or wait.</summary>
    public Func<string, CancellationToken, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    public string Address => inner.Address;

    public int Count(string call) => Calls.Count(made => made == call);

    public Task<IReadOnlySet<Digest>> FindAsync(IReadOnlyCollection<Digest> contents, CancellationToken cancellationToken) =>
        CallAsync("find", () => inner.FindAsync(contents, cancellationToken), cancellationToken);

    public Task<bool> FetchAsync(Digest content, string file, IProgress<long>? progress, CancellationToken cancellationToken) =>
        CallAsync("fetch", () => inner.FetchAsync(content, file, progress, cancellationToken), cancellationToken);

    public Task StoreAsync(Digest content, string file, IProgress<long>? progress, CancellationToken cancellationToken) =>
        CallAsync("store", async () => { await inner.StoreAsync(content, file, progress, cancellationToken); return 0; }, cancellationToken);

    public Task<byte[]?> FetchRecordAsync(Digest key, CancellationToken cancellationToken) =>
        CallAsync("fetch record", () => inner.FetchRecordAsync(key, cancellationToken), cancellationToken);

    public Task StoreRecordAsync(Digest key, ReadOnlyMemory<byte> record, IReadOnlyCollection<RemoteObject> names, CancellationToken cancellationToken) =>
        CallAsync("store record", async () => { await inner.StoreRecordAsync(key, record, names, cancellationToken); return 0; }, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async Task<T> CallAsync<T>(string call, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        Calls.Enqueue(call);
        await Before(call, cancellationToken);
        return await work();
    }
}
