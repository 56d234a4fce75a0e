using System.Collections.Concurrent;
using MlOps.Content.Internal;

namespace MlOps.Content;

/// <summary>Auditing: whether a remote's bytes are what their digests say.</summary>
public sealed partial class RemoteCache
{
    /// <summary>Reads objects from one remote to the end, directories with their files, and keeps none of them.</summary>
    /// <param name="link">The remote.</param>
    /// <param name="contents">What it has.</param>
    /// <param name="mend">Whether wrong objects are stored there again, if the local store has them whole.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The objects whose bytes are wrong or missing, and whether they are right by now.</returns>
    /// <exception cref="DiagnosticException">The remote failed, and nobody listens to warnings.</exception>
    public async Task<IReadOnlyDictionary<Digest, bool>> AuditAsync(RemoteLink link, IReadOnlyCollection<ContentRef> contents, bool mend, CancellationToken cancellationToken)
    {
        var wrong = new ConcurrentDictionary<Digest, bool>();
        var listed = new ConcurrentBag<Digest>();
        await CheckAsync(contents.Select(content => content.Content), contents.Where(content => content.IsTree).Select(content => content.Content).ToHashSet());
        await CheckAsync(listed.Except(contents.Select(content => content.Content)), []);
        return wrong;

        Task CheckAsync(IEnumerable<Digest> objects, HashSet<Digest> trees) => Parallel.ForEachAsync(objects.Distinct(), Options(cancellationToken), async (content, token) =>
        {
            if (!await IsRightAsync(link, content, trees.Contains(content) ? listed : null, token))
            {
                wrong[content] = mend && local.Check(content)
                    && await TryStoreAsync(link, content, token)
                    && await IsRightAsync(link, content, trees.Contains(content) ? listed : null, token);
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

    private async Task<bool> IsRightAsync(RemoteLink link, Digest content, ConcurrentBag<Digest>? listed, CancellationToken cancellationToken)
    {
        var file = local.TemporaryFile();
        try
        {
            if (!await AskAsync(link, () => link.Store.FetchAsync(content, file, null, cancellationToken), cancellationToken) || FileIdentity.DigestOfFile(file) != content)
            {
                return false;
            }

            if (listed is not null)
            {
                foreach (var entry in TreeListing.TryParse(await File.ReadAllBytesAsync(file, cancellationToken))?.Entries ?? [])
                {
                    listed.Add(entry.Content);
                }
            }

            return true;
        }
        finally
        {
            AtomicFile.Discard(file);
        }
    }
}
