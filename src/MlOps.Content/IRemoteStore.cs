namespace MlOps.Content;

/// <summary>A store that machines share: objects by sha256, records by key. A folder, an OCI registry, an S3 bucket.</summary>
/// <remarks>It is not believed: <see cref="RemoteCache"/> holds the bytes of every object against its digest, and every record against the checksum in it.
/// All methods may be called side by side, again after a failure, and for what is there already. Absence is an answer (false, null), every other failure a
/// <see cref="DiagnosticException"/> that names the remote, the object and how to mend it, or an <see cref="IOException"/>.</remarks>
public interface IRemoteStore : IAsyncDisposable
{
    /// <summary>The address as declared, without credentials: <c>oci://…</c>, <c>s3://…</c> or a folder's path.</summary>
    string Address { get; }

    /// <summary>Which of some objects are there.</summary>
    Task<IReadOnlySet<Digest>> FindAsync(IReadOnlyCollection<Digest> contents, CancellationToken cancellationToken);

    /// <summary>Fetches an object into a file; false if it is not there. Bytes that the file holds already are from an earlier try: the remote goes on after them where it can,
    /// else the file starts anew. The bytes are not checked here.</summary>
    /// <param name="content">The object.</param>
    /// <param name="file">Where its bytes go; the folder exists.</param>
    /// <param name="progress">Told how many more bytes have come.</param>
    /// <param name="cancellationToken">Ends it; what has come stays in the file.</param>
    Task<bool> FetchAsync(Digest content, string file, IProgress<long>? progress, CancellationToken cancellationToken);

    /// <summary>Stores an object from a file; others see it whole or not at all.</summary>
    Task StoreAsync(Digest content, string file, IProgress<long>? progress, CancellationToken cancellationToken);

    /// <summary>The bytes of a record, or null.</summary>
    Task<byte[]?> FetchRecordAsync(Digest key, CancellationToken cancellationToken);

    /// <summary>Stores a record after everything it names: as long as it is there, the remote keeps these objects.</summary>
    /// <param name="key">A step's fingerprint, or a dataset's digest.</param>
    /// <param name="record">At most 1 MiB.</param>
    /// <param name="names">The objects that it names, with their lengths in bytes; all are there.</param>
    /// <param name="cancellationToken">Ends it; others see no record then.</param>
    Task StoreRecordAsync(Digest key, ReadOnlyMemory<byte> record, IReadOnlyCollection<RemoteObject> names, CancellationToken cancellationToken);
}

/// <summary>An object of a remote.</summary>
/// <param name="Content">Its digest.</param>
/// <param name="Bytes">Its length.</param>
public readonly record struct RemoteObject(Digest Content, long Bytes);
