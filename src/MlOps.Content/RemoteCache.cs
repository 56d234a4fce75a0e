using System.Collections.Concurrent;

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
/// <remarks>An interrupted object waits in the store's <c>partial</c> folder and is gone on with; where two processes fetch at once, only one of them does so.
/// Threads may share it. What lies in the local store already is taken as it is: whoever uses it checks it.</remarks>
/// <param name="local">The store of this machine.</param>
/// <param name="links">The remotes in the order in which they are asked.</param>
/// <param name="warn">Told what is wrong with a remote that the command can do without; null makes every such thing an exception (<c>Push</c>, <c>Pull</c>).
/// Damage of the local store or disk is an exception either way, but for <see cref="TryPushAsync"/>.</param>
/// <param name="progress">Told how far the transfers are.</param>
public sealed partial class RemoteCache(ContentStore local, IReadOnlyList<RemoteLink> links, Action<Diagnostic>? warn = null, Action<TransferState>? progress = null) : IAsyncDisposable
{
    private const int SideBySide = 8;

    private readonly ConcurrentDictionary<RemoteLink, bool> _down = new(ReferenceEqualityComparer.Instance);
    private int _done, _wanted;
    private long _bytes;

    /// <summary>Whether there is any remote to ask.</summary>
    public bool IsEmpty => links.Count == 0;

    /// <summary>The remotes in the order in which they are asked.</summary>
    public IReadOnlyList<RemoteLink> Links => links;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_beginnings.IsValueCreated)
        {
            _beginnings.Value?.Dispose();
        }

        foreach (var link in links)
        {
            await link.Store.DisposeAsync();
        }
    }

    private static ParallelOptions Options(CancellationToken cancellationToken) => new() { MaxDegreeOfParallelism = SideBySide, CancellationToken = cancellationToken };

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
        catch (Exception e) when (warn is not null && !cancellationToken.IsCancellationRequested && IsOfRemote(e))
        {
            if (_down.TryAdd(link, true))
            {
                foreach (var diagnostic in e is DiagnosticException known ? known.Diagnostics : [IoFailure.Describe(e)])
                {
                    warn(diagnostic with
                    {
                        Severity = Severity.Warning,
                        Where = diagnostic.Where ?? link.Store.Address,
                        Mend = $"{diagnostic.Mend}{(diagnostic.Mend is null ? "" : "; ")}this command goes on without it",
                    });
                }
            }

            return default;
        }
    }

    // Remotes put failures of their own places into words; a full or forbidden disk that comes bare is the local one, and no other remote would mend it.
    private static bool IsOfRemote(Exception e) => e is DiagnosticException || (e is IOException && IoFailure.Describe(e).Code is "MLO1104" or "MLO1105");

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
        Mend = "remove it there and push it again: ./build.sh Push",
    };

    private void Through()
    {
        Interlocked.Increment(ref _done);
        Report();
    }

    private void Report() => progress?.Invoke(new(Volatile.Read(ref _done), Volatile.Read(ref _wanted), Interlocked.Read(ref _bytes)));

    private Counting Counter() => new(this);

    private sealed class Counting(RemoteCache owner) : IProgress<long>
    {
        public void Report(long value)
        {
            Interlocked.Add(ref owner._bytes, value);
            owner.Report();
        }
    }
}
