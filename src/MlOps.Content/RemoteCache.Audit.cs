using System.Collections.Concurrent;
using MlOps.Content.Internal;

namespace MlOps.Content;

/// <summary>What an audit found wrong with an object of a remote.</summary>
/// <param name="IsMissing">Whether it is not there; else its bytes are not what its digest says.</param>
/// <param name="IsMended">Whether it was stored there again and is right by now.</param>
public sealed record RemoteFault(bool IsMissing, bool IsMended);

/// <summary>Auditing: whether a remote's bytes are what their digests say.</summary>
public sealed partial class RemoteCache
{
    private enum ObjectState
    {
        /// <summary>The remote failed, now or before.</summary>
        Unasked,

        /// <summary>It is there with the right bytes.</summary>
        Right,

        /// <summary>It is there with other bytes.</summary>
        Wrong,

        /// <summary>It is not there.</summary>
        Missing,
    }

    /// <summary>Reads objects from one remote to the end, directories with their files, and keeps none of them. After a failure, which is told once, it is left alone.</summary>
    /// <param name="link">The remote.</param>
    /// <param name="contents">What it should have.</param>
    /// <param name="mend">Whether wrong objects are stored there again, if the local store has them whole.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The objects whose bytes are wrong or missing, as far as they were asked for.</returns>
    /// <exception cref="DiagnosticException">The remote failed, and nobody listens to warnings.</exception>
    public async Task<IReadOnlyDictionary<Digest, RemoteFault>> AuditAsync(RemoteLink link, IReadOnlyCollection<ContentRef> contents, bool mend, CancellationToken cancellationToken)
    {
        var faults = new ConcurrentDictionary<Digest, RemoteFault>();
        var listed = new ConcurrentBag<Digest>();
        await CheckAsync(contents.Select(content => content.Content), contents.Where(content => content.IsTree).Select(content => content.Content).ToHashSet());
        await CheckAsync(listed.Except(contents.Select(content => content.Content)), []);
        return faults;

        Task CheckAsync(IEnumerable<Digest> objects, HashSet<Digest> trees) => Parallel.ForEachAsync(objects.Distinct(), Options(cancellationToken), async (content, token) =>
        {
            var entries = trees.Contains(content) ? listed : null;
            var state = await StateAsync(link, content, entries, token);
            if (state is ObjectState.Wrong or ObjectState.Missing)
            {
                faults[content] = new(state == ObjectState.Missing, mend && local.Check(content)
                    && await TryStoreAsync(link, content, token)
                    && await StateAsync(link, content, entries, token) == ObjectState.Right);
            }
        });
    }

    /// <summary>A remote that only lets itself be read is no failure of an audit: the object is wrong, and stays so.</summary>
    private async Task<bool> TryStoreAsync(RemoteLink link, Digest content, CancellationToken cancellationToken)
    {
        try
        {
            await link.Store.StoreAsync(content, local.PathOf(content), null, cancellationToken);
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && (e is DiagnosticException || IoFailure.Covers(e)))
        {
            return false;
        }
    }

    private async Task<ObjectState> StateAsync(RemoteLink link, Digest content, ConcurrentBag<Digest>? listed, CancellationToken cancellationToken)
    {
        var file = local.TemporaryFile();
        try
        {
            var fetched = await AskAsync<bool?>(link, async () => await link.Store.FetchAsync(content, file, null, cancellationToken), cancellationToken);
            if (fetched != true)
            {
                return fetched is null ? ObjectState.Unasked : ObjectState.Missing;
            }

            if (FileIdentity.DigestOfFile(file) != content)
            {
                return ObjectState.Wrong;
            }

            if (listed is not null)
            {
                foreach (var entry in TreeListing.TryParse(await File.ReadAllBytesAsync(file, cancellationToken))?.Entries ?? [])
                {
                    listed.Add(entry.Content);
                }
            }

            return ObjectState.Right;
        }
        finally
        {
            AtomicFile.Discard(file);
        }
    }
}
