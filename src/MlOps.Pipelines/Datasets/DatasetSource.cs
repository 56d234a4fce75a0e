using System.Globalization;
using MlOps.Content;
using MlOps.Remotes;

namespace MlOps.Pipelines.Datasets;

/// <summary>What a source gave, unpacked, waiting outside the workspace's own files.</summary>
/// <param name="Path">The file or directory.</param>
/// <param name="Identity">What it is.</param>
/// <param name="Listing">Its files, if it is a directory.</param>
/// <param name="Memory">What to remember of the source.</param>
/// <param name="Download">The download, which may lie there as well.</param>
internal sealed record Fetched(string Path, TreeIdentity Identity, TreeListing? Listing, SourceMemory Memory, string Download)
{
    public ContentRef Content => new(Identity.Sha256, Listing is not null);

    /// <summary>Removes what is left of it.</summary>
    public void Remove()
    {
        HttpSource.Remove(Download);
        if (Listing is not null && Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
        else
        {
            File.Delete(Path);
        }
    }
}

/// <summary>Fetches datasets from where they are declared to come from, to <c>.mlops/download</c>: interrupted downloads are gone on with, archives unpacked.</summary>
internal sealed class DatasetSource(string root, IReporter reporter, HttpSourceOptions? options = null)
{
    private readonly string _folder = Path.Join(root, ".mlops", "download");

    /// <summary>What the source now gives; null if it is still what is remembered.</summary>
    /// <param name="dataset">A dataset with a source.</param>
    /// <param name="known">What it gave before; null asks without condition.</param>
    /// <param name="cancellationToken">Ends it; what has come stays for the next time.</param>
    /// <exception cref="DiagnosticException">It cannot be had, or is not what nuke.json demands (MLO2089).</exception>
    public async Task<Fetched?> FetchAsync(Dataset dataset, SourceMemory? known, CancellationToken cancellationToken)
    {
        var source = dataset.Manifest.Source!;
        var address = new Uri(source.Url);
        if (address is { Scheme: "http", IsLoopback: false } && source.Sha256 is null)
        {
            reporter.Warn(new("MLO2091", $"dataset '{dataset.Name}' comes over plain http")
            {
                Severity = Severity.Warning,
                Where = dataset.Where,
                Why = "anybody on the way can change it, and no sha256 tells",
                Mend = "declare an address of https, or the source's 'sha256'",
            });
        }

        // Datasets may share an address: one at a time, and each has its own unpacked form.
        var download = Path.Join(_folder, Digest.Of(source.Url).Hex[..32]);
        using var http = new HttpSource(options);
        var same = known is not null && known.Address == source.Url && !known.Validators.IsEmpty ? known.Validators : null;
        reporter.Note($"fetching {dataset.Name} from {address.Host}");
        var answer = await http.FetchAsync(address, download, same, new Shown(reporter, dataset.Name), cancellationToken);
        if (!answer.IsModified)
        {
            HttpSource.Remove(download);
            return null;
        }

        if (source.Sha256 is { } demanded && FileIdentity.OfFile(download).Sha256 is var got && got.Hex != demanded)
        {
            HttpSource.Remove(download);
            throw new DiagnosticException(new Diagnostic("MLO2089", $"the source of dataset '{dataset.Name}' gives other bytes than nuke.json demands")
            {
                Where = dataset.Where,
                Why = $"demanded is sha256 {demanded}; {source.Url} gave {got.Hex}",
                Mend = "if the change is wanted, set 'sha256' to the new one and run ./build.sh Import --update " + dataset.Name,
            });
        }

        return Unpacked(dataset, download, answer.Validators, cancellationToken);
    }

    private Fetched Unpacked(Dataset dataset, string download, HttpValidators validators, CancellationToken cancellationToken)
    {
        var source = dataset.Manifest.Source!;
        var unpacked = Path.Join(_folder, "unpacked-" + dataset.Name);
        Clear(unpacked);
        var archive = new SourceArchive(download, source.Url, source.UnpackedBytes);
        switch (dataset.Unpacking)
        {
            case Unpacking.Gunzip:
                archive.Gunzip(unpacked, cancellationToken);
                break;
            case Unpacking.Member:
                archive.Unzip(source.Member!, unpacked, cancellationToken);
                break;
            case Unpacking.All:
                archive.UnzipAll(unpacked, cancellationToken);
                break;
            default:
                unpacked = download;
                break;
        }

        var tree = dataset.Unpacking == Unpacking.All ? new StatIndex(_folder, Path.Join(_folder, "index")).TreeAt(WorkspacePath.Parse(Path.GetFileName(unpacked))) : null;
        var file = tree is null ? FileIdentity.OfFile(unpacked) : default;
        var identity = tree?.Identity ?? new(file.Sha256, file.Xxh128, file.Bytes, 1);
        return new(unpacked, identity, tree?.Listing, new(source.Url, validators, identity.Sha256), download);
    }

    private static void Clear(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }

        File.Delete(path);
    }

    /// <summary>A live line with the rate of this command: bytes of earlier tries came before its clock began.</summary>
    private sealed class Shown(IReporter reporter, string name) : IProgress<HttpProgress>
    {
        private readonly long _start = TimeProvider.System.GetTimestamp();
        private long? _before;

        public void Report(HttpProgress value)
        {
            _before ??= value.Bytes;
            var seconds = Math.Max(TimeProvider.System.GetElapsedTime(_start).TotalSeconds, 0.001);
            reporter.Live(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: {value.Bytes / 1e6:0.0}{(value.Total is { } total ? $" of {total / 1e6:0.0}" : "")} MB, {(value.Bytes - _before.Value) / 1e6 / seconds:0.0} MB/s"));
        }
    }
}
