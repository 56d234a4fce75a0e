using MlOps.Content;

namespace MlOps.Pipelines.Datasets;

/// <summary>Hears what a dataset is that is about to be pinned. It changes no result, so the code behind it is no part of a step's.</summary>
/// <param name="name">The dataset; unknown ones are made by steps, whose outputs the store has.</param>
/// <param name="content">What lies in the workspace.</param>
/// <param name="bytes">Its length.</param>
/// <param name="listing">Its files, if it is a directory.</param>
/// <exception cref="DiagnosticException">MLO2092: nuke.json demands other bytes.</exception>
internal delegate void DatasetPin(string name, ContentRef content, long bytes, TreeListing? listing);

/// <summary>Keeps the bytes of datasets that git does not carry, in the store.</summary>
/// <param name="root">The workspace.</param>
/// <param name="datasets">All whose file or directory lies in the workspace.</param>
/// <param name="store">The store.</param>
internal sealed class DatasetBytes(string root, IReadOnlyDictionary<string, Dataset> datasets, ContentStore store)
{
    /// <summary>A file larger than this is kept in the store, because it does not belong in git.</summary>
    public const long LargeBytes = 10_000_000;

    /// <summary>Checks a dataset that is about to be pinned, and takes its bytes into the store if they belong there: a <see cref="DatasetPin"/>.</summary>
    public void Pin(string name, ContentRef content, long bytes, TreeListing? listing)
    {
        if (!datasets.TryGetValue(name, out var dataset))
        {
            return;
        }

        if (dataset.Demanded is { } demanded && demanded != content.Content)
        {
            throw new DiagnosticException(Demands(dataset, demanded, $"{dataset.Path} has sha256 {content.Content.Hex}"));
        }

        if (Keeps(dataset, bytes, listing))
        {
            Keep(dataset, content.Content, listing);
        }
    }

    /// <summary>Whether the store is to have a dataset's bytes.</summary>
    public bool Keeps(Dataset dataset, long bytes, TreeListing? listing) =>
        dataset.Manifest.Store ?? (dataset.Manifest.Source is not null || bytes > LargeBytes || Git.Tracked(root, dataset.Path.Value).Count < (listing?.Entries.Count ?? 1));

    /// <summary>Takes what lies in the workspace into the store, if it is not there.</summary>
    /// <exception cref="DiagnosticException">MLO2093: it is not what it was a moment ago.</exception>
    public void Keep(Dataset dataset, Digest content, TreeListing? listing)
    {
        if (store.Contains(new ContentRef(content, listing is not null)))
        {
            return;
        }

        var path = dataset.Path.In(root);
        if ((listing is not null ? store.PutTree(path, listing) : store.PutFile(path).Sha256) != content)
        {
            throw new DiagnosticException(new Diagnostic("MLO2093", $"dataset '{dataset.Name}' changes while it is read")
            {
                Where = dataset.Path.Value,
                Mend = "wait until its writer has finished, then run the same command again",
            });
        }
    }

    public static Diagnostic Demands(Dataset dataset, Digest demanded, string why) => new("MLO2092", $"dataset '{dataset.Name}' is not what nuke.json demands")
    {
        Where = dataset.Where,
        Why = $"the source's sha256 is {demanded.Hex}; {why}",
        Mend = $"fetch it: ./build.sh Import --update {dataset.Name}; or change 'sha256'",
    };
}
