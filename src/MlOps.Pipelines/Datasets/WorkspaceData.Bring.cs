using MlOps.Content;

namespace MlOps.Pipelines.Datasets;

internal sealed partial class WorkspaceData
{
    /// <summary>Puts the pinned bytes, or what the source gives where nothing is pinned, in the dataset's place.</summary>
    private async Task BringAsync(Dataset dataset, ContentRef? pinned, RemoteCache remotes, CancellationToken cancellationToken)
    {
        if (pinned is not { } wanted)
        {
            var first = (await sources.FetchAsync(dataset, null, cancellationToken))!;
            Place(dataset, first);
            _memory.Remember(dataset, entry => entry with { Bringing = false, Source = first.Memory });
            return;
        }

        if (engine.Store.Contains(wanted) && Replace(dataset, wanted, "the store"))
        {
            return;
        }

        if (!remotes.IsEmpty && (await remotes.FetchAsync([wanted], cancellationToken)).Count == 0 && Replace(dataset, wanted, "a remote"))
        {
            return;
        }

        if (dataset.Manifest.Source is null)
        {
            throw new DiagnosticException(Nowhere(dataset, wanted, remotes));
        }

        await BringFromSourceAsync(dataset, wanted, cancellationToken);
    }

    private async Task BringFromSourceAsync(Dataset dataset, ContentRef wanted, CancellationToken cancellationToken)
    {
        var fetched = (await sources.FetchAsync(dataset, null, cancellationToken))!;
        if (fetched.Content != wanted)
        {
            fetched.Remove();
            throw new DiagnosticException(new Diagnostic("MLO2088", $"the source of dataset '{dataset.Name}' has changed")
            {
                Where = dataset.Where,
                Why = $"data.lock.json pins sha256 {wanted.Content.Hex}; {dataset.Manifest.Source!.Url} now gives {fetched.Identity.Sha256.Hex}, and neither the store nor a remote has the pinned bytes",
                Mend = $"take the new ones: ./build.sh Import --update {dataset.Name}; or get the old ones from whoever trained last: ./build.sh Push there",
            });
        }

        SaveOther(dataset, wanted.Content);
        Place(dataset, fetched);
        reporter.Note($"fetched {dataset.Path} from its source");
        _memory.Remember(dataset, entry => entry with { Source = fetched.Memory });
        Remember(dataset, wanted.Content);
    }

    /// <summary>Puts an object or a tree of the store in the dataset's place; false if the store turns out not to have it whole.</summary>
    private bool Replace(Dataset dataset, ContentRef wanted, string from)
    {
        try
        {
            if (!engine.Store.Check(wanted))
            {
                return false;
            }

            SaveOther(dataset, wanted.Content);
            _memory.Remember(dataset, entry => entry with { Bringing = true });
            var path = dataset.Path.In(engine.Root);
            MakeRoom(path, wanted.IsTree);
            if (wanted.IsTree ? !engine.Store.CopyTreeTo(wanted.Content, path, removeOthers: true) : !engine.Store.CopyTo(wanted.Content, path))
            {
                return false;
            }
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            throw new DiagnosticException(IoFailure.Describe(e, engine.Root) with { Where = dataset.Path.Value });
        }

        reporter.Note($"restored {dataset.Path} from {from}");
        Remember(dataset, wanted.Content);
        return true;
    }

    /// <summary>Moves what a source gave to the dataset's place; the store keeps it if it is to.</summary>
    private void Place(Dataset dataset, Fetched fetched)
    {
        try
        {
            _memory.Remember(dataset, entry => entry with { Bringing = true });
            var path = dataset.Path.In(engine.Root);
            MakeRoom(path, fetched.Listing is not null);
            if (fetched.Listing is null)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.Move(fetched.Path, path, overwrite: true);
            }
            else if (engine.Store.AdoptTree(fetched.Path) is var tree && !engine.Store.CopyTreeTo(tree, path, removeOthers: true))
            {
                throw new IOException($"the directory could not be written whole: {dataset.Path}");
            }

            fetched.Remove();
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            throw new DiagnosticException(IoFailure.Describe(e, engine.Root) with { Where = dataset.Path.Value });
        }

        if (dataset.Manifest.Store != false && Here(dataset) is { } here)
        {
            KeepAgain(dataset, here, always: false);
        }
    }

    /// <summary>Takes what lies in the dataset's place into the store before it is replaced, even where only pins are wanted: nothing is lost.</summary>
    private void SaveOther(Dataset dataset, Digest wanted)
    {
        if (Here(dataset) is { } here && here.Content != wanted)
        {
            bytes.Keep(dataset, here.Content, here.IsTree ? engine.Files.ListingOf(dataset.Path) : null);
        }
    }

    /// <summary>A file where a directory comes, or the other way round, goes; it is in the store.</summary>
    private static void MakeRoom(string path, bool forTree)
    {
        if (forTree && File.Exists(path))
        {
            File.Delete(path);
        }
        else if (!forTree && Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private static Diagnostic Nowhere(Dataset dataset, ContentRef wanted, RemoteCache remotes) => new("MLO2033", $"dataset '{dataset.Name}' is not in the workspace, and its bytes are nowhere to be had")
    {
        Where = dataset.Path.Value,
        Why = $"data.lock.json pins sha256 {wanted.Content.Hex}; the store {(remotes.IsEmpty ? "does not have it, and nuke.json declares no remote" : "and the remotes do not have it")}",
        Mend = $"copy the {(wanted.IsTree ? "directory" : "file")} with these bytes to {dataset.Path}; or declare a remote that has it, or its 'source'",
    };
}
