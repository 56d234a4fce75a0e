namespace MlOps.Content;

/// <summary>The content-addressed store of one machine: objects by sha256, and what each fingerprint gave.</summary>
/// <remarks>Writing is idempotent and atomic (temporary file, rename), so any number of processes may share it. Nothing is synced to disk: whatever is read is checked,
/// and a damaged object is set aside and counts as absent. Objects are read-only files.</remarks>
public sealed class ContentStore(string root)
{
    /// <summary>The store's folder.</summary>
    public string Root { get; } = root;

    /// <summary>Where an object lies if it is there.</summary>
    public string PathOf(Digest content) => Path.Join(Root, "objects", content.Hex[..2], content.Hex[2..]);

    /// <summary>Whether an object is there, by one stat; its bytes are not checked.</summary>
    public bool Contains(Digest content) => throw new NotImplementedException();

    /// <summary>Keeps some bytes.</summary>
    public FileIdentity Put(ReadOnlySpan<byte> content) => throw new NotImplementedException();

    /// <summary>Keeps a copy of a file.</summary>
    public FileIdentity PutFile(string path) => throw new NotImplementedException();

    /// <summary>Keeps a file by moving it into the store; it must lie on the store's file system and have no other writer.</summary>
    public FileIdentity Adopt(string path) => throw new NotImplementedException();

    /// <summary>The bytes of an object, checked; null if it is absent or damaged.</summary>
    public byte[]? TryRead(Digest content) => throw new NotImplementedException();

    /// <summary>Whether an object is there and its bytes are what its name says; a damaged one is set aside. Checked once per process while its stat stays the same.</summary>
    public bool Check(Digest content) => throw new NotImplementedException();

    /// <summary>Copies an object to a new or replaced file (temporary file, rename); false if it is absent or damaged.</summary>
    public bool CopyTo(Digest content, string path) => throw new NotImplementedException();

    /// <summary>Places an object in a private sandbox by hard link, else by copy; false if it is absent or damaged. The reader must not write to it.</summary>
    public bool LinkTo(Digest content, string path) => throw new NotImplementedException();

    /// <summary>What a fingerprint gave, or null if that is not known here.</summary>
    public StepRecord? TryGetRecord(Digest fingerprint) => throw new NotImplementedException();

    /// <summary>Remembers what a fingerprint gave.</summary>
    public void PutRecord(Digest fingerprint, StepRecord record) => throw new NotImplementedException();
}
