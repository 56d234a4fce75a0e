using System.Collections.Concurrent;
using MlOps.Content.Internal;

namespace MlOps.Content;

/// <summary>Pushing: what a remote lacks.</summary>
public sealed partial class RemoteCache
{
    /// <summary>Stores content and records in one remote, as far as they are missing there: objects first, then the records that name them.</summary>
    /// <remarks>What the remote has already need not be here any more.</remarks>
    /// <param name="link">The remote.</param>
    /// <param name="records">Records by fingerprint; for a dataset a record that names it, by its digest.</param>
    /// <param name="pathOf">Where an object's bytes lie; null for the local store. A file whose bytes are others is refused.</param>
    /// <param name="cancellationToken">Ends it; what is through stays.</param>
    /// <exception cref="DiagnosticException">The remote failed and nobody listens to warnings, or an object is missing or damaged here (MLO1120).</exception>
    public async Task PushAsync(RemoteLink link, IReadOnlyDictionary<Digest, StepRecord> records, Func<Digest, string?>? pathOf, CancellationToken cancellationToken)
    {
        var bytes = records.ToDictionary(record => record.Key, record => RecordFormat.Write(record.Key, record.Value));
        var named = records.ToDictionary(record => record.Key, record => record.Value.Contents.SelectMany(local.ObjectsOf).Distinct().ToArray());
        var all = named.Values.SelectMany(names => names).Distinct().ToArray();
        if (await AskAsync(link, () => link.Store.FindAsync(all, cancellationToken), cancellationToken) is not { } there)
        {
            return;
        }

        // A new remote has neither objects nor records, and may not be there before something is stored.
        var known = there.Count == 0 ? [] : await KnownAsync(link, bytes, cancellationToken);
        foreach (var listing in records.Where(record => !known.Contains(record.Key)).SelectMany(record => record.Value.Contents).Where(content => content.IsTree))
        {
            _ = local.TryReadTree(listing.Content) ?? throw Damaged(listing.Content);
        }

        await StoreAsync(link, [.. all.Where(content => !there.Contains(content))], pathOf, cancellationToken);
        var missing = named.Where(record => !known.Contains(record.Key) || !record.Value.All(there.Contains));
        await Parallel.ForEachAsync(missing, Options(cancellationToken), async (record, token) =>
        {
            RemoteObject[] names = [.. record.Value.Select(content => new RemoteObject(content, LengthOf(content, pathOf)))];
            await AskAsync(link, () => DoneAsync(link.Store.StoreRecordAsync(record.Key, bytes[record.Key], names, token)), token);
        });
    }

    /// <summary>As <see cref="PushAsync"/> from the local store; where somebody listens to warnings, damage of that store is one too.</summary>
    public async Task TryPushAsync(RemoteLink link, IReadOnlyDictionary<Digest, StepRecord> records, CancellationToken cancellationToken)
    {
        try
        {
            await PushAsync(link, records, null, cancellationToken);
        }
        catch (DiagnosticException e) when (warn is not null)
        {
            foreach (var diagnostic in e.Diagnostics)
            {
                Tell(diagnostic);
            }
        }
    }

    /// <summary>The records that the remote has in the very same bytes.</summary>
    private async Task<HashSet<Digest>> KnownAsync(RemoteLink link, Dictionary<Digest, byte[]> records, CancellationToken cancellationToken)
    {
        var known = new ConcurrentBag<Digest>();
        await Parallel.ForEachAsync(records, Options(cancellationToken), async (record, token) =>
        {
            if (await AskAsync(link, () => link.Store.FetchRecordAsync(record.Key, token), token) is { } there && there.AsSpan().SequenceEqual(record.Value))
            {
                known.Add(record.Key);
            }
        });
        return [.. known];
    }

    private async Task StoreAsync(RemoteLink link, Digest[] missing, Func<Digest, string?>? pathOf, CancellationToken cancellationToken)
    {
        Interlocked.Add(ref _wanted, missing.Length);
        await Parallel.ForEachAsync(missing, Options(cancellationToken), async (content, token) =>
        {
            var file = Whole(content, pathOf);
            if (await AskAsync(link, () => DoneAsync(link.Store.StoreAsync(content, file, Counter(), token)), token))
            {
                Through();
            }
        });
    }

    private static async Task<bool> DoneAsync(Task work)
    {
#pragma warning disable VSTHRD003 // Begun by the caller in the same breath.
        await work;
#pragma warning restore VSTHRD003
        return true;
    }

    private string Whole(Digest content, Func<Digest, string?>? pathOf) =>
        pathOf?.Invoke(content) is not { } path ? local.Check(content) ? local.PathOf(content) : throw Damaged(content)
        : FileStat.Of(path).Kind == FileKind.File && FileIdentity.OfFile(path).Sha256 == content ? path : throw Damaged(content);

    private long LengthOf(Digest content, Func<Digest, string?>? pathOf) =>
        FileStat.Of(pathOf?.Invoke(content) ?? local.PathOf(content)) is { Kind: FileKind.File } stat ? stat.Size : throw Damaged(content);

    private static DiagnosticException Damaged(Digest content) => new(new Diagnostic("MLO1120", $"object {content} is missing or damaged here")
    {
        Why = "the lock names it, but the store does not have its bytes",
        Mend = "./build.sh Train makes what can be made again",
    });
}
