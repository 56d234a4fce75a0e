using System.Collections.Concurrent;

namespace MlOps.Content;

/// <summary>Something in the store that is not as it should be.</summary>
/// <param name="File">The file.</param>
/// <param name="What">What is wrong with it, in a few words.</param>
public sealed record StoreFault(StoredFile File, string What);

/// <summary>Reads a whole store: the bytes of every object against its name, every record's checksum, and whether what it names is there.</summary>
/// <param name="store">The store.</param>
/// <param name="setAside">Whether what is wrong is moved to <c>damaged</c>, so that builds make or fetch it anew; else nothing is changed.</param>
/// <param name="progress">Told how many bytes of how many are through, from any thread.</param>
public sealed class StoreAudit(ContentStore store, bool setAside, Action<long, long>? progress = null)
{
    private readonly ConcurrentBag<StoreFault> _faults = [];
    private readonly ConcurrentDictionary<Digest, bool> _whole = new();
    private long _done, _all;

    /// <summary>All that lies in the store.</summary>
    public IReadOnlyList<StoredFile> Files { get; private set; } = [];

    /// <summary>What is wrong, by path.</summary>
    public IReadOnlyList<StoreFault> Faults => [.. _faults.OrderBy(fault => fault.File.Path, StringComparer.Ordinal)];

    /// <summary>Reads everything.</summary>
    /// <param name="jobs">How many files are read side by side.</param>
    /// <param name="cancellationToken">Ends it; what was found so far was set aside.</param>
    public void Run(int jobs, CancellationToken cancellationToken)
    {
        Files = [.. store.Inventory()];
        _all = Files.Where(file => file.Kind is StoredKind.Object or StoredKind.Record).Sum(file => file.Bytes);
        var options = new ParallelOptions { MaxDegreeOfParallelism = jobs, CancellationToken = cancellationToken };
        Parallel.ForEach(Files.Where(file => file.Kind == StoredKind.Object), options, CheckObject);
        // What a record names counts as there only if its bytes are right.
        Parallel.ForEach(Files.Where(file => file.Kind == StoredKind.Record), options, CheckRecord);
    }

    /// <summary>Whether some content is in the store with the right bytes, for a directory with all its files; after <see cref="Run"/>.</summary>
    public bool IsWhole(ContentRef content) =>
        IsWhole(content.Content) && (!content.IsTree || (store.TryReadTree(content.Content) is { } tree && tree.Entries.All(entry => IsWhole(entry.Content))));

    // An object that a build has written since the store was listed was checked by that build.
    private bool IsWhole(Digest content) => _whole.TryGetValue(content, out var whole) ? whole : store.Contains(content);

    private void CheckObject(StoredFile file)
    {
        var bytes = file.Bytes == 0 ? Digest.Of([]) : IdentityOf(file);
        if (bytes == file.Name)
        {
            _whole[file.Name] = true;
        }
        else if (bytes is not null)
        {
            _whole[file.Name] = false;
            Fault(file, $"its bytes are {bytes}, not {file.Name}");
        }

        Through(file);
    }

    private static Digest? IdentityOf(StoredFile file)
    {
        try
        {
            return FileIdentity.OfFile(file.Path).Sha256;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private void CheckRecord(StoredFile file)
    {
        if (!File.Exists(file.Path))
        {
            return;
        }

        if (ContentStore.TryReadRecord(file) is not { } record)
        {
            Fault(file, "its bytes are not what their checksum says");
        }
        else if (record.Contents.Where(content => !IsWhole(content)).Select(content => content.Content.ToString()).ToArray() is { Length: > 0 } missing)
        {
            Fault(file, $"it names what is not there: {string.Join(", ", missing.Take(3))}{(missing.Length > 3 ? ", …" : "")}");
        }

        Through(file);
    }

    private void Fault(StoredFile file, string what)
    {
        _faults.Add(new(file, what));
        if (setAside)
        {
            store.SetAside(file);
        }
    }

    private void Through(StoredFile file) => progress?.Invoke(Interlocked.Add(ref _done, file.Bytes), _all);
}
