namespace MlOps.Content;

/// <summary>What a file of the store is.</summary>
public enum StoredKind
{
    /// <summary>An object, by its sha256.</summary>
    Object,

    /// <summary>A record, by a fingerprint.</summary>
    Record,

    /// <summary>An object or record that was found damaged and set aside.</summary>
    Damaged,

    /// <summary>The first bytes of an object that is being fetched, or whose fetching was interrupted.</summary>
    Partial,

    /// <summary>What a writer has not renamed yet, or a killed one left.</summary>
    Temporary,

    /// <summary>None of these: nobody of this product wrote it there.</summary>
    Stray,
}

/// <summary>A file of the store.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">An object's digest or a record's fingerprint; empty for all others.</param>
/// <param name="Path">Where it lies.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Written">Its mtime.</param>
public readonly record struct StoredFile(StoredKind Kind, Digest Name, string Path, long Bytes, DateTime Written);
