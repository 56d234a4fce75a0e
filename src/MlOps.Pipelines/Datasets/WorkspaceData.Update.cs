using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Pipelines.Datasets;

internal sealed partial class WorkspaceData
{
    /// <summary>Asks a dataset's source for what it now has; null if that is what the lock pins and the source says so.</summary>
    /// <exception cref="DiagnosticException">MLO2096: what lies here was never pinned, and would be replaced.</exception>
    public Task<Fetched?> AskAsync(Dataset dataset, ContentRef? pinned, CancellationToken cancellationToken)
    {
        var known = _memory.Find(dataset);
        if (Here(dataset) is { } here && here.Content != pinned?.Content && (known is not { Bringing: true } && here.Content != known?.Content))
        {
            throw new DiagnosticException(new Diagnostic("MLO2096", $"dataset '{dataset.Name}' has changes of its own that are not pinned")
            {
                Where = dataset.Path.Value,
                Why = "an update would replace them",
                Mend = $"pin them first: ./build.sh Import {dataset.Name}; or move the {(here.IsTree ? "directory" : "file")} away",
            });
        }

        return sources.FetchAsync(dataset, known?.Source is { } source && source.Content == pinned?.Content ? source : null, cancellationToken);
    }

    /// <summary>Puts what a source gave in the dataset's place; what lay there is in the store. Until a build has pinned it, the next command goes back to what the lock names.</summary>
    public async Task TakeAsync(Dataset dataset, Fetched fetched, CancellationToken cancellationToken)
    {
        using var hold = await engine.HoldAsync(() => reporter.Note("waiting for another build of this workspace"), cancellationToken);
        SaveOther(dataset, fetched.Content.Content);
        Place(dataset, fetched);
        _memory.Remember(dataset, entry => entry with { Source = fetched.Memory });
    }

    /// <summary>Remembers what a source gave that had the pinned bytes, so that it need not be fetched the next time.</summary>
    public void Confirm(Dataset dataset, Fetched fetched)
    {
        fetched.Remove();
        _memory.Remember(dataset, entry => entry with { Source = fetched.Memory });
    }

    /// <summary>Whether remotes carry a dataset's pinned bytes, because git does not.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="content">What the lock pins.</param>
    /// <param name="length">Its length.</param>
    /// <param name="here">Whether the bytes must be here; else it is enough that they may be there.</param>
    public bool IsCarried(Dataset dataset, ContentRef content, long length, bool here) =>
        bytes.Keeps(dataset, length, content.IsTree ? engine.Store.TryReadTree(content.Content) : null)
        && (!here || dataset.Manifest.Store != false || engine.Store.Contains(content));

    /// <summary>Where the objects of a dataset lie that the store does not have: in the workspace, if that is as pinned.</summary>
    public Func<Digest, string?> PathsOf(Dataset dataset, ContentRef content)
    {
        var files = new Dictionary<Digest, string>();
        if (Here(dataset) == content && !engine.Store.Contains(content))
        {
            var folder = dataset.Path.In(engine.Root);
            foreach (var entry in content.IsTree ? engine.Files.ListingOf(dataset.Path)!.Entries : [])
            {
                files.TryAdd(entry.Content, Path.Join(folder, entry.Path));
            }

            if (!content.IsTree)
            {
                files[content.Content] = folder;
            }
        }

        return digest => engine.Store.Contains(digest) ? null : files.GetValueOrDefault(digest);
    }

    /// <summary>The listing of what lies in the workspace; a single file stands in its own.</summary>
    public (TreeIdentity Identity, TreeListing Listing)? Look(Dataset dataset)
    {
        if (Here(dataset) is not { } here)
        {
            return null;
        }

        if (here.IsTree)
        {
            var tree = engine.Files.TreeAt(dataset.Path)!;
            return (tree.Identity, tree.Listing);
        }

        var file = engine.Files.Identify(dataset.Path)!.Value;
        return (new(file.Sha256, file.Xxh128, file.Bytes, 1), Alone(dataset, file.Sha256));
    }

    /// <summary>The listing of a single file, under its name in the workspace.</summary>
    public static TreeListing Alone(Dataset dataset, Digest content) => TreeListing.Of([new(dataset.Path.Value[(dataset.Path.Value.LastIndexOf('/') + 1)..], content)]);
}
