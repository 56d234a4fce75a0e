using System.Collections.Concurrent;
using MlOps.Content.Internal;

namespace MlOps.Content;

/// <summary>Fetching: what the local store lacks.</summary>
public sealed partial class RemoteCache
{
    private readonly ConcurrentDictionary<Digest, Task<bool?>> _fetches = new();

    /// <summary>The right to go on with the beginnings of earlier tries; null if another process has it.</summary>
    private readonly Lazy<IDisposable?> _beginnings = new(local.TryClaimPartials);

    /// <summary>Brings content into the local store, directories with all their files.</summary>
    /// <returns>What could not be had whole from any remote.</returns>
    /// <exception cref="DiagnosticException">A remote failed, and nobody listens to warnings.</exception>
    public async Task<IReadOnlySet<ContentRef>> FetchAsync(IReadOnlyCollection<ContentRef> contents, CancellationToken cancellationToken)
    {
        var trees = contents.Where(content => content.IsTree).Distinct().ToArray();
        foreach (var tree in trees)
        {
            // A damaged listing is set aside here, so that it is fetched again.
            local.Check(tree.Content);
        }

        await FetchMissingAsync(contents.Select(content => content.Content), cancellationToken);
        await FetchMissingAsync(trees.SelectMany(local.ObjectsOf), cancellationToken);
        return contents.Where(content => !local.Contains(content)).ToHashSet();
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

    /// <summary>What the trusted remotes say that a fingerprint gave; null if none knows. Its objects are not fetched: who asks keeps the record once they are here.</summary>
    /// <exception cref="DiagnosticException">A remote failed or lied (MLO1121), and nobody listens to warnings.</exception>
    public async Task<StepRecord?> FetchRecordAsync(Digest fingerprint, CancellationToken cancellationToken)
    {
        foreach (var link in links.Where(link => link.IsTrusted))
        {
            if (await AskAsync(link, () => link.Store.FetchRecordAsync(fingerprint, cancellationToken), cancellationToken) is not { } bytes)
            {
                continue;
            }

            if (RecordFormat.TryParse(bytes, fingerprint, out var fault) is { } record)
            {
                return record;
            }

            if (fault is not null)
            {
                Tell(Lie(link, $"the record of fingerprint {fingerprint}", fault));
            }
        }

        return null;
    }

    private async Task FetchMissingAsync(IEnumerable<Digest> contents, CancellationToken cancellationToken)
    {
        var missing = contents.Distinct().Where(content => !local.Contains(content)).ToArray();
        Interlocked.Add(ref _wanted, missing.Length);
        await Parallel.ForEachAsync(missing, Options(cancellationToken), async (content, token) =>
        {
            await FetchOnceAsync(content, token);
            Through();
        });
    }

    /// <summary>Two steps may want the same object at once: one fetches, the other waits. A try that failed or was cancelled tells the other nothing.</summary>
    private async Task<bool> FetchOnceAsync(Digest content, CancellationToken cancellationToken)
    {
        while (true)
        {
            var mine = new TaskCompletionSource<bool?>(TaskCreationOptions.RunContinuationsAsynchronously);
            var first = _fetches.GetOrAdd(content, mine.Task);
            if (first == mine.Task)
            {
                return await FetchForAllAsync(content, mine, cancellationToken);
            }

#pragma warning disable VSTHRD003 // Its fetch runs on another task of the same command, never on this one.
            if (await first.WaitAsync(cancellationToken) is { } answer)
#pragma warning restore VSTHRD003
            {
                return answer;
            }
        }
    }

    private async Task<bool> FetchForAllAsync(Digest content, TaskCompletionSource<bool?> answer, CancellationToken cancellationToken)
    {
        bool? fetched = null;
        try
        {
            fetched = local.Contains(content) || await FetchAsync(content, cancellationToken);
            return fetched.Value;
        }
        finally
        {
            _fetches.TryRemove(content, out _);
            answer.SetResult(fetched);
        }
    }

    private async Task<bool> FetchAsync(Digest content, CancellationToken cancellationToken)
    {
        var file = _beginnings.Value is null ? local.TemporaryFile() : local.PartialOf(content);
        try
        {
            foreach (var link in links)
            {
                if (await FetchAsync(link, content, file, cancellationToken))
                {
                    return true;
                }
            }

            return false;
        }
        finally
        {
            if (_beginnings.Value is null)
            {
                AtomicFile.Discard(file);
            }
        }
    }

    /// <summary>Fetches from one remote. Wrong bytes after a beginning of an earlier try may be that try's fault: only what comes whole and wrong is the remote's.</summary>
    private async Task<bool> FetchAsync(RemoteLink link, Digest content, string file, CancellationToken cancellationToken)
    {
        while (true)
        {
            var begun = FileStat.Of(file).Size > 0;
            if (!await AskAsync(link, () => link.Store.FetchAsync(content, file, Counter(), cancellationToken), cancellationToken))
            {
                return false;
            }

            if (local.TryAdopt(file, content))
            {
                return true;
            }

            if (!begun)
            {
                Tell(Lie(link, $"object {content}", "its bytes are not what its digest says"));
                return false;
            }
        }
    }
}
