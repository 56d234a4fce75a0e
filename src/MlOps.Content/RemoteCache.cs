using System.Collections.Concurrent;
using MlOps.Content.Internal;

namespace MlOps.Content;

/// <summary>A remote that a workspace declares.</summary>
/// <param name="Store">The remote.</param>
public sealed record RemoteLink(IRemoteStore Store)
{
    /// <summary>Whether its claims "this fingerprint gave these outputs" count; objects are held against their digests either way. Default true.</summary>
    public bool IsTrusted { get; init; } = true;

    /// <summary>Whether builds store what they made there at once; default false: only <c>Push</c> does.</summary>
    public bool PushesAtOnce { get; init; }
}

/// <summary>How far the transfers of one command are; told from any thread.</summary>
/// <param name="Objects">Objects that are through.</param>
/// <param name="OfObjects">Objects known to be wanted.</param>
/// <param name="Bytes">Bytes that went over the wire.</param>
public readonly record struct TransferState(int Objects, int OfObjects, long Bytes);

/// <summary>The remotes of a workspace in front of its store: fetches what is missing here, stores what is missing there; in parallel, resumable, every byte held against its digest.</summary>
/// <remarks>An interrupted object waits in the store's <c>partial</c> folder and is gone on with. Threads may share it.</remarks>
/// <param name="local">The store of this machine.</param>
/// <param name="links">The remotes in the order in which they are asked.</param>
/// <param name="warn">Told what is wrong with a remote that the command can do without; null makes every such thing an exception (<c>Push</c>, <c>Pull</c>).</param>
/// <param name="progress">Told how far the transfers are.</param>
public sealed class RemoteCache(ContentStore local, IReadOnlyList<RemoteLink> links, Action<Diagnostic>? warn = null, Action<TransferState>? progress = null) : IAsyncDisposable
{
    private const int SideBySide = 8;

    private readonly ConcurrentDictionary<RemoteLink, bool> _down = new();
    private readonly ConcurrentDictionary<Digest, Task<bool>> _fetches = new();
    private int _done, _wanted;
    private long _bytes;

    /// <summary>Whether there is any remote to ask.</summary>
    public bool IsEmpty => links.Count == 0;

    /// <summary>The remotes in the order in which they are asked.</summary>
    public IReadOnlyList<RemoteLink> Links => links;

    /// <summary>Brings content into the local store, directories with all their files.</summary>
    /// <returns>What could not be had whole from any remote.</returns>
    /// <exception cref="DiagnosticException">A remote failed, and nobody listens to warnings.</exception>
    public async Task<IReadOnlySet<ContentRef>> FetchAsync(IReadOnlyCollection<ContentRef> contents, CancellationToken cancellationToken)
    {
        var missing = new ConcurrentDictionary<ContentRef, bool>();
        await FetchAllAsync(contents.Select(content => content.Content), cancellationToken);
        foreach (var content in contents)
        {
            if (!content.IsTree ? !local.Contains(content.Content) : local.TryReadTree(content.Content) is not { } tree || !await FetchAllAsync(tree.Entries.Select(entry => entry.Content), cancellationToken))
            {
                missing[content] = true;
            }
        }

        return missing.Keys.ToHashSet();
    }

    /// <summary>Which of some contents a remote has; of a directory the listing is asked for, not its files.</summary>
    /// <exception cref="DiagnosticException">A remote failed, and nobody listens to warnings.</exception>
    public async Task<IReadOnlySet<ContentRef>> FindAsync(IReadOnlyCollection<ContentRef> contents, CancellationToken cancellationToken)
    {
        var found = new HashSet<ContentRef>();
        foreach (var link in links)
        {
            var wanted = contents.Where(content => !found.Contains(content)).ToLookup(content => content.Content);
            if (wanted.Count > 0 && await AskAsync(link, () => link.Store.FindAsync([.. wanted.Select(content => content.Key)], cancellationToken), cancellationToken) is { } there)
            {
                found.UnionWith(there.SelectMany(content => wanted[content]));
            }
        }

        return found;
    }

    /// <summary>What the trusted remotes say that a fingerprint gave; null if none knows. The record is kept in the local store, its objects are not fetched.</summary>
    /// <exception cref="DiagnosticException">A remote failed, and nobody listens to warnings.</exception>
    public async Task<StepRecord?> FetchRecordAsync(Digest fingerprint, CancellationToken cancellationToken)
    {
        foreach (var link in links.Where(link => link.IsTrusted))
        {
            var bytes = await AskAsync(link, () => link.Store.FetchRecordAsync(fingerprint, cancellationToken), cancellationToken);
            if (bytes is null)
            {
                continue;
            }

            if (RecordFormat.TryParse(bytes, fingerprint) is { } record)
            {
                return record;
            }

            Tell(Lie(link, $"the record of fingerprint {fingerprint}", "its bytes are not what their checksum says"));
        }

        return null;
    }

    /// <summary>Stores content and records in one remote, as far as they are missing there: objects first, then the records that name them.</summary>
    /// <param name="link">The remote.</param>
    /// <param name="records">Records by fingerprint; for a dataset a record that names it, by its digest.</param>
    /// <param name="pathOf">Where an object's bytes lie; null for the local store. A file whose bytes are others is refused.</param>
    /// <param name="cancellationToken">Ends it; what is through stays.</param>
    /// <exception cref="DiagnosticException">The remote failed, or an object is missing or damaged here (MLO1120).</exception>
    public async Task PushAsync(RemoteLink link, IReadOnlyDictionary<Digest, StepRecord> records, Func<Digest, string?>? pathOf, CancellationToken cancellationToken)
    {
        var named = records.ToDictionary(record => record.Key, record => record.Value.Contents.SelectMany(local.ObjectsOf).Distinct().ToArray());
        var all = named.Values.SelectMany(names => names).Distinct().ToArray();
        var there = await link.Store.FindAsync(all, cancellationToken);
        var missing = all.Where(content => !there.Contains(content)).ToArray();
        Interlocked.Add(ref _wanted, missing.Length);
        await Parallel.ForEachAsync(missing, Options(cancellationToken), async (content, token) =>
        {
            await link.Store.StoreAsync(content, Whole(content, pathOf), Counter(), token);
            Through();
        });
        await Parallel.ForEachAsync(named, Options(cancellationToken), async (record, token) =>
        {
            RemoteObject[] names = [.. record.Value.Select(content => new RemoteObject(content, FileStat.Of(pathOf?.Invoke(content) ?? local.PathOf(content)).Size))];
            await link.Store.StoreRecordAsync(record.Key, RecordFormat.Write(record.Key, records[record.Key]), names, token);
        });
    }

    /// <summary>As <see cref="PushAsync"/> from the local store; where somebody listens to warnings, a failure is one.</summary>
    public Task TryPushAsync(RemoteLink link, IReadOnlyDictionary<Digest, StepRecord> records, CancellationToken cancellationToken) =>
        AskAsync(link, async () =>
        {
            await PushAsync(link, records, null, cancellationToken);
            return true;
        }, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var link in links)
        {
            await link.Store.DisposeAsync();
        }
    }

    private static ParallelOptions Options(CancellationToken cancellationToken) => new() { MaxDegreeOfParallelism = SideBySide, CancellationToken = cancellationToken };

    private async Task<bool> FetchAllAsync(IEnumerable<Digest> contents, CancellationToken cancellationToken)
    {
        var missing = contents.Distinct().Where(content => !local.Contains(content)).ToArray();
        Interlocked.Add(ref _wanted, missing.Length);
        var all = true;
        await Parallel.ForEachAsync(missing, Options(cancellationToken), async (content, token) =>
        {
            if (!await FetchOnceAsync(content, token))
            {
                Volatile.Write(ref all, false);
            }

            Through();
        });
        return all;
    }

    /// <summary>Two steps may want the same object at once; a failed try is not remembered.</summary>
    private async Task<bool> FetchOnceAsync(Digest content, CancellationToken cancellationToken)
    {
        var mine = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_fetches.GetOrAdd(content, mine.Task) is var first && first != mine.Task)
        {
#pragma warning disable VSTHRD003 // Its fetch runs on another task of the same command, never on this one.
            return await first.WaitAsync(cancellationToken);
#pragma warning restore VSTHRD003
        }

        var fetched = false;
        try
        {
            return fetched = await FetchAsync(content, cancellationToken);
        }
        finally
        {
            _fetches.TryRemove(content, out _);
            mine.SetResult(fetched);
        }
    }

    private async Task<bool> FetchAsync(Digest content, CancellationToken cancellationToken)
    {
        foreach (var link in links)
        {
            var file = local.PartialOf(content);
            if (!await AskAsync(link, () => link.Store.FetchAsync(content, file, Counter(), cancellationToken), cancellationToken))
            {
                continue;
            }

            if (local.TryAdopt(file, content))
            {
                return true;
            }

            Tell(Lie(link, $"object {content}", "its bytes are not what its digest says"));
        }

        return false;
    }

    /// <summary>Asks a remote; one that failed is left alone for the rest of the command.</summary>
    private async Task<T?> AskAsync<T>(RemoteLink link, Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        if (_down.ContainsKey(link))
        {
            return default;
        }

        try
        {
            return await ask();
        }
        catch (Exception e) when (warn is not null && !cancellationToken.IsCancellationRequested && (e is DiagnosticException || IoFailure.Covers(e)))
        {
            if (_down.TryAdd(link, true))
            {
                foreach (var diagnostic in e is DiagnosticException known ? known.Diagnostics : [IoFailure.Describe(e) with { Where = link.Store.Address }])
                {
                    warn(diagnostic with { Severity = Severity.Warning, Mend = $"{diagnostic.Mend}{(diagnostic.Mend is null ? "" : "; ")}this command goes on without it" });
                }
            }

            return default;
        }
    }

    private string Whole(Digest content, Func<Digest, string?>? pathOf)
    {
        if (pathOf?.Invoke(content) is { } path ? FileIdentity.OfFile(path).Sha256 == content : local.Check(content))
        {
            return pathOf?.Invoke(content) ?? local.PathOf(content);
        }

        throw new DiagnosticException(new Diagnostic("MLO1120", $"object {content} is missing or damaged here")
        {
            Why = "the lock names it, but the store does not have its bytes",
            Mend = "./build.sh Train makes what can be made again",
        });
    }

    private void Tell(Diagnostic diagnostic)
    {
        if (warn is null)
        {
            throw new DiagnosticException(diagnostic);
        }

        warn(diagnostic with { Severity = Severity.Warning });
    }

    private static Diagnostic Lie(RemoteLink link, string what, string why) => new("MLO1121", $"a remote gave something else than {what}")
    {
        Where = link.Store.Address,
        Why = why,
        Mend = "remove the object there and push it again: ./build.sh Push",
    };

    private void Through()
    {
        Interlocked.Increment(ref _done);
        progress?.Invoke(new(_done, _wanted, Interlocked.Read(ref _bytes)));
    }

    private Counting Counter() => new(this);

    private sealed class Counting(RemoteCache owner) : IProgress<long>
    {
        public void Report(long value)
        {
            var bytes = Interlocked.Add(ref owner._bytes, value);
            owner.ReportBytes(bytes);
        }
    }

    private void ReportBytes(long bytes) => progress?.Invoke(new(_done, _wanted, bytes));
}
