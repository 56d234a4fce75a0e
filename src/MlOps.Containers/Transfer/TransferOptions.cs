namespace MlOps.Containers;

/// <summary>How an <see cref="ArtifactTransfer"/> behaves.</summary>
public sealed record TransferOptions
{
    /// <summary>How many blobs move at once; default 4.</summary>
    public int Parallel { get; init; } = 4;

    /// <summary>Whether a pushed tag may leave other content that it stands for; default no.</summary>
    public bool MayMoveTags { get; init; }

    /// <summary>Repositories of the same registry that may have the blobs already; asked in order, before anything is sent.</summary>
    public IReadOnlyList<string> MountFrom { get; init; } = [];

    /// <summary>The most bytes of one fetched blob; default 8 GiB.</summary>
    public long MostBlobBytes { get; init; } = 8L << 30;

    /// <summary>The most bytes of all blobs of a fetched manifest, or of all that is attached to one; default 32 GiB.</summary>
    public long MostBytes { get; init; } = 32L << 30;

    /// <summary>Which manifest of an index is fetched; default linux on amd64.</summary>
    public Platform Platform { get; init; } = new() { Os = "linux", Architecture = "amd64" };

    /// <summary>Told how many more bytes have gone or come; from several threads.</summary>
    public IProgress<long>? Progress { get; init; }
}

/// <summary>What became of a blob.</summary>
public enum BlobOutcome
{
    /// <summary>It was there: nothing moved.</summary>
    Existed,

    /// <summary>The registry took it from another of its repositories: nothing moved.</summary>
    Mounted,

    /// <summary>Its bytes were sent.</summary>
    Uploaded,

    /// <summary>Its bytes were fetched, and are what its descriptor says.</summary>
    Fetched,
}

/// <summary>What became of a blob.</summary>
/// <param name="Blob">The blob.</param>
/// <param name="Outcome">What became of it.</param>
public sealed record BlobTransfer(Descriptor Blob, BlobOutcome Outcome)
{
    /// <summary>How many bytes moved; not counting what broke and came again.</summary>
    public long Moved => Outcome is BlobOutcome.Uploaded or BlobOutcome.Fetched ? Blob.Size : 0;
}

/// <summary>What a push did.</summary>
/// <param name="Manifest">What is published.</param>
/// <param name="Blobs">Each blob once, in the order of the manifests.</param>
/// <param name="Attached">What is attached to it now, as a list of referrers has it.</param>
public sealed record PushReport(Descriptor Manifest, IReadOnlyList<BlobTransfer> Blobs, IReadOnlyList<Descriptor> Attached);

/// <summary>What a pull brought into the store.</summary>
/// <param name="Stored">The manifest's bytes, which are in the store as well.</param>
/// <param name="Manifest">What it says.</param>
/// <param name="Blobs">Each blob once, in the order of the manifest.</param>
public sealed record PulledArtifact(StoredManifest Stored, Manifest Manifest, IReadOnlyList<BlobTransfer> Blobs);
