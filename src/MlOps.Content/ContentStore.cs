using System.Collections.Concurrent;
using MlOps.Content.Internal;

namespace MlOps.Content;

/// <summary>The content-addressed store of one machine: objects by sha256, and what each fingerprint gave.</summary>
/// <remarks>Writing is idempotent and atomic (temporary file, rename), so any number of processes may share it. Nothing is synced to disk: whatever is read is checked,
/// and a damaged object is set aside and counts as absent. Objects are read-only files.</remarks>
public sealed partial class ContentStore(string root)
{
    private const UnixFileMode ReadOnly = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Writable = ReadOnly | UnixFileMode.UserWrite;

    private static readonly Digest Nothing = Digest.Of([]);

    /// <summary>By hex digits, in a class: the JIT compiler makes code anew for every value type in a collection, the framework brings that for classes.</summary>
    private readonly ConcurrentDictionary<string, Checked> _checked = new(StringComparer.Ordinal);
    private readonly string _temporary = Path.Join(root, "tmp");

    /// <summary>The store's folder.</summary>
    public string Root { get; } = root;

    /// <summary>Where an object lies if it is there.</summary>
    public string PathOf(Digest content) => Place("objects", content, 2);

    /// <summary>Whether an object is there, by one stat; its bytes are not checked.</summary>
    /// <remarks>An empty file where bytes should be counts as absent: that is what a power cut leaves.</remarks>
    public bool Contains(Digest content) =>
        FileStat.Of(PathOf(content)) is { Kind: FileKind.File } stat && (stat.Size > 0 || content == Nothing);

    /// <summary>Keeps some bytes.</summary>
    public FileIdentity Put(ReadOnlySpan<byte> content)
    {
        var identity = FileIdentity.Of(content);
        if (!Check(identity.Sha256))
        {
            var temporary = AtomicFile.TemporaryName(_temporary);
            AtomicFile.Write(temporary, content, _temporary);
            Publish(temporary, identity.Sha256);
        }

        return identity;
    }

    /// <summary>Keeps a copy of a file.</summary>
    public FileIdentity PutFile(string path)
    {
        var temporary = AtomicFile.TemporaryName(_temporary);
        Directory.CreateDirectory(_temporary);
        try
        {
            File.Copy(path, temporary);
            return Adopt(temporary);
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            AtomicFile.Discard(temporary);
            throw;
        }
    }

    /// <summary>Keeps a file by moving it into the store; it must lie on the store's file system and have no other writer.</summary>
    public FileIdentity Adopt(string path)
    {
        var identity = FileIdentity.OfFile(path);
        Publish(path, identity.Sha256);
        return identity;
    }

    /// <summary>As <see cref="Adopt"/>, where the digest is all that is wanted.</summary>
    public Digest AdoptObject(string path)
    {
        var content = FileIdentity.DigestOfFile(path);
        Publish(path, content);
        return content;
    }

    /// <summary>Where the first bytes of an object wait that is being fetched from elsewhere; the folder is made.</summary>
    public string PartialOf(Digest content)
    {
        var folder = Path.Join(Root, "partial");
        Directory.CreateDirectory(folder);
        return Path.Join(folder, content.Hex);
    }

    /// <summary>The right to go on with the files of <see cref="PartialOf"/>, until it is disposed or the process ends; null while another holds it.</summary>
    internal IDisposable? TryClaimPartials()
    {
        try
        {
            return new FileStream(Path.Join(Path.GetDirectoryName(PartialOf(Nothing)), "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>A new name on the store's file system that nobody else uses; the folder is made.</summary>
    internal string TemporaryFile()
    {
        Directory.CreateDirectory(_temporary);
        return AtomicFile.TemporaryName(_temporary);
    }

    /// <summary>Keeps a fetched file by moving it into the store if its bytes are what its digest says; else it is removed, and the answer is false.</summary>
    public bool TryAdopt(string path, Digest content)
    {
        if (FileIdentity.OfFile(path).Sha256 == content)
        {
            Publish(path, content);
            return true;
        }

        AtomicFile.Discard(path);
        return false;
    }

    /// <summary>The bytes of an object, checked; null if it is absent or damaged.</summary>
    public byte[]? TryRead(Digest content)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(PathOf(content));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        if (Digest.Of(bytes) == content)
        {
            return bytes;
        }

        SetAside(content);
        return null;
    }

    /// <summary>Whether an object is there and its bytes are what its name says; a damaged one is set aside. Checked once per process while its stat stays the same, ctime and inode included.</summary>
    public bool Check(Digest content)
    {
        var path = PathOf(content);
        var stat = FileStat.Of(path);
        if (stat.Kind == FileKind.Absent)
        {
            return false;
        }

        if (_checked.TryGetValue(content.Hex, out var known) && known.Stat == stat)
        {
            return true;
        }

        return CheckBytes(content);
    }

    /// <summary>As <see cref="Check(Digest)"/>, but reads the bytes whatever the stat says.</summary>
    public bool CheckBytes(Digest content)
    {
        var path = PathOf(content);
        var stat = FileStat.Of(path);
        if (stat.Kind == FileKind.Absent)
        {
            return false;
        }

        if (FileIdentity.DigestOfFile(path) != content)
        {
            SetAside(content);
            return false;
        }

        _checked[content.Hex] = new(stat);
        return true;
    }

    /// <summary>Copies an object to a new or replaced file (temporary file, rename); false if it is absent or damaged.</summary>
    public bool CopyTo(Digest content, string path)
    {
        if (!Check(content))
        {
            return false;
        }

        var folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        var temporary = AtomicFile.TemporaryName(folder);
        try
        {
            CopyObject(content, temporary);
            AtomicFile.Move(temporary, path);
            return true;
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            AtomicFile.Discard(temporary);
            throw;
        }
    }

    /// <summary>Copies an object to a new file of a private sandbox, in a folder that exists; false if it is absent or damaged.</summary>
    /// <remarks>Never a link: another program that has the same link would write into what this one reads. File systems that can share blocks do.</remarks>
    public bool TryPlace(Digest content, string path)
    {
        if (!Check(content))
        {
            return false;
        }

        File.Copy(PathOf(content), path);
        return true;
    }

    /// <summary>What a fingerprint gave, or null if that is not known here.</summary>
    public StepRecord? TryGetRecord(Digest fingerprint) => RecordFormat.TryRead(Place("records", fingerprint, 1), fingerprint);

    /// <summary>Remembers what a fingerprint gave.</summary>
    public void PutRecord(Digest fingerprint, StepRecord record) =>
        AtomicFile.Write(Place("records", fingerprint, 1), RecordFormat.Write(fingerprint, record), _temporary);

    /// <summary>Whether something is remembered of a fingerprint, by one stat; it may turn out to be damaged.</summary>
    public bool HasRecord(Digest fingerprint) => FileStat.Of(Place("records", fingerprint, 1)).Kind == FileKind.File;

    /// <summary>The canonical text that a record is kept as.</summary>
    public static byte[] RecordText(Digest fingerprint, StepRecord record) => RecordFormat.Body(fingerprint, record);

    /// <summary>Remembers what a fingerprint gave, where the record's text is at hand.</summary>
    public void PutRecord(Digest fingerprint, byte[] recordText) => AtomicFile.Write(Place("records", fingerprint, 1), RecordFormat.Sealed(recordText), _temporary);

    // Folders cost far more to make than files, and there are fewer records than objects: one digit spreads them enough.
    private string Place(string kind, Digest digest, int fan)
    {
        var hex = digest.Hex.AsSpan();
        return string.Concat(Root, $"/{kind}/", hex[..fan], $"/{hex[fan..]}");
    }

    private sealed record Checked(FileStat Stat);

    private void Publish(string temporary, Digest content)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(temporary, ReadOnly);
        }

        // Always renamed, even over an object of the same name: that mends a damaged one.
        var path = PathOf(content);
        AtomicFile.Move(temporary, path);
        // Where both are one file under two names, a rename does nothing.
        File.Delete(temporary);
        _checked[content.Hex] = new(FileStat.Of(path));
    }

    private void CopyObject(Digest content, string path)
    {
        File.Copy(PathOf(content), path);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, Writable);
        }
    }

    /// <summary>Moves a file of the store to <c>damaged</c>; for an object or record that counts as absent from then on.</summary>
    internal void SetAside(StoredFile file)
    {
        _checked.TryRemove(file.Name.Hex, out _);
        AtomicFile.Move(file.Path, Path.Join(Root, "damaged", file.Kind == StoredKind.Record ? $"record-{file.Name.Hex}" : file.Name.Hex));
    }

    private void SetAside(Digest content)
    {
        _checked.TryRemove(content.Hex, out _);
        AtomicFile.Move(PathOf(content), Path.Join(Root, "damaged", content.Hex));
    }
}
