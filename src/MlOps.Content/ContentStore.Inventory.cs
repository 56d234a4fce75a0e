namespace MlOps.Content;

/// <summary>What lies in the store, told from names and stats alone.</summary>
public sealed partial class ContentStore
{
    /// <summary>Every file of the store but those of other concerns (<c>experiments</c>); a file that vanishes meanwhile is left out.</summary>
    public IEnumerable<StoredFile> Inventory() =>
        Below("objects", file => Named(file, StoredKind.Object, "objects", 2))
            .Concat(Below("records", file => Named(file, StoredKind.Record, "records", 1)))
            .Concat(Below("damaged", file => Plain(file, StoredKind.Damaged)))
            .Concat(Below("partial", file => Plain(file, StoredKind.Partial)))
            .Concat(Below("tmp", file => Plain(file, StoredKind.Temporary)));

    /// <summary>The record of a file of the store; null if its bytes are not what their checksum says, or it is another version's or stands under a wrong name.</summary>
    public static StepRecord? TryReadRecord(StoredFile file) => Internal.RecordFormat.TryRead(file.Path, file.Name);

    private IEnumerable<StoredFile> Below(string folder, Func<FileInfo, StoredFile> tell)
    {
        var below = new DirectoryInfo(Path.Join(Root, folder));
        return !below.Exists ? [] : below.EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.Exists).Select(tell);
    }

    private StoredFile Named(FileInfo file, StoredKind kind, string folder, int fan)
    {
        var name = Path.GetRelativePath(Path.Join(Root, folder), file.FullName).Replace(Path.DirectorySeparatorChar, '/');
        return name.Length == 65 && name[fan] == '/' && Digest.TryParse(name.Remove(fan, 1), out var digest)
            ? new(kind, digest, file.FullName, file.Length, file.LastWriteTimeUtc)
            : Plain(file, StoredKind.Stray);
    }

    private static StoredFile Plain(FileInfo file, StoredKind kind) =>
        new(file.Name.StartsWith(AtomicFile.TemporaryPrefix, StringComparison.Ordinal) ? StoredKind.Temporary : kind, default, file.FullName, file.Length, file.LastWriteTimeUtc);
}
