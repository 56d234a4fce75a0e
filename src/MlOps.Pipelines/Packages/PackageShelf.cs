using MlOps.Containers;
using MlOps.Content;

namespace MlOps.Pipelines.Packages;

/// <summary>The packages, images and attestations that are here besides what the lock pins: pulled ones, and what was said about any. An OCI image index whose blobs are objects of the store.</summary>
/// <param name="root">The workspace.</param>
/// <param name="store">Where the blobs are.</param>
internal sealed class PackageShelf(string root, ContentStore store)
{
    /// <summary>The index, relative to the workspace.</summary>
    public const string FileName = ".mlops/packages.json";

    /// <summary>The annotations that name a package here: OCI's.</summary>
    public const string Name = "org.opencontainers.image.title", Version = "org.opencontainers.image.version";

    private const int MostTries = 60_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1);

    private string FilePath => Path.Join(root, FileName);

    /// <summary>What is here, in the order in which it came.</summary>
    /// <exception cref="DiagnosticException">MLO2281: the index is damaged.</exception>
    public IReadOnlyList<Descriptor> All()
    {
        if (!File.Exists(FilePath))
        {
            return [];
        }

        return ImageIndex.TryParse(File.ReadAllBytes(FilePath))?.Manifests ?? throw new DiagnosticException(new Diagnostic("MLO2281", "the list of packages is damaged")
        {
            Where = FileName,
            Why = "it is no OCI image index",
            Mend = "remove the file; then pull or attest again what is missing",
        });
    }

    /// <summary>Adds what is in the store already; what has the same digest, or the same name and version, gives way.</summary>
    public void Put(IEnumerable<Descriptor> added) => Replace(new HashSet<Digest>(), [.. added]);

    /// <summary>As <see cref="Put"/>, in place of others.</summary>
    public void Replace(IReadOnlySet<Digest> removed, IReadOnlyList<Descriptor> added)
    {
        using var hold = Hold();
        var others = All().Where(old => !removed.Contains(old.Digest) && !added.Any(one => one.Digest == old.Digest || (Tag(one) is { } tag && tag == Tag(old))));
        AtomicFile.Write(FilePath, new ImageIndex { Manifests = [.. others, .. added] }.ToBytes(), Path.Join(root, ".mlops"));
    }

    /// <summary>Keeps other commands from writing what they read before this one wrote; that takes a millisecond or two.</summary>
    /// <exception cref="DiagnosticException">MLO2305: somebody has held it for a minute.</exception>
    private IDisposable Hold()
    {
        var path = Path.Join(root, ".mlops", "packages.lock");
        for (var tries = 0; tries < MostTries; tries++)
        {
            if (FileHold.TryAcquire(path) is { } hold)
            {
                return hold;
            }

            Thread.Sleep(Patience);
        }

        throw new DiagnosticException(new Diagnostic("MLO2305", "another command holds the list of packages")
        {
            Where = FileName,
            Why = "it has not let go for a minute",
            Mend = "end it, if it hangs; then run this one again",
        });
    }

    /// <summary>What says something about a package or an image.</summary>
    public IEnumerable<StoredManifest> Referrers(Digest subject) =>
        from descriptor in All()
        let bytes = store.TryRead(descriptor.Digest)
        where bytes is not null && Manifest.TryParse(bytes)?.Subject?.Digest == subject
        select new StoredManifest(descriptor, bytes);

    /// <summary>The digest of a version that was pulled; null if it was not.</summary>
    public Digest? Find(string name, string version) => All().Where(one => Tag(one) == (name, version)).Select(one => (Digest?)one.Digest).FirstOrDefault();

    /// <summary>Every object of the store that something here consists of.</summary>
    public IEnumerable<Digest> Objects() => All().SelectMany(descriptor => ObjectsOf(store, descriptor.Digest));

    /// <summary>The objects that an artifact consists of, as far as they can be told from what is here: its manifest, and all that it names.</summary>
    public static IEnumerable<Digest> ObjectsOf(ContentStore store, Digest manifest) =>
        store.TryRead(manifest) is { } bytes && Manifest.TryParse(bytes) is { } parsed ? parsed.Layers.Append(parsed.Config).Select(blob => blob.Digest).Prepend(manifest) : [manifest];

    /// <summary>What the list says of something attached: whoever may write beside one package may not name another.</summary>
    public static Descriptor Attached(Manifest manifest, ReadOnlySpan<byte> bytes) => Descriptor.Of(MediaTypes.Manifest, bytes) with
    {
        ArtifactType = manifest.ArtifactType,
        Annotations = manifest.Annotations is null ? null : new SortedDictionary<string, string>(manifest.Annotations.Where(one => one.Key is not (Name or Version)).ToDictionary(), StringComparer.Ordinal),
    };

    /// <summary>The name and version of a package; null for what has none.</summary>
    public static (string Name, string Version)? Tag(Descriptor descriptor) =>
        descriptor.Annotations is { } said && said.TryGetValue(Name, out var name) && said.TryGetValue(Version, out var version) ? (name, version) : null;
}
