using MlOps.Content.Internal;

namespace MlOps.Content;

/// <summary>The digests of a workspace's files, remembered by their stats so that an unchanged file is not read again.</summary>
/// <remarks>Saved atomically; a missing or damaged index costs time, never correctness. Threads may share it.</remarks>
/// <param name="root">The workspace's absolute path.</param>
/// <param name="path">The index's file.</param>
/// <param name="rehash">Whether every file is read again once, whatever its stat says.</param>
public sealed partial class StatIndex(string root, string path, bool rehash = false)
{
    private readonly Lock _gate = new();
    private readonly Lazy<IndexFile> _saved = new(() => IndexFile.Load(path));
    private readonly Dictionary<string, IndexEntry> _learnt = new(StringComparer.Ordinal);
    private readonly LinkPolicy _links = new(root);
    private readonly Dictionary<string, FileStat> _firstSights = new(StringComparer.Ordinal);
    private int _differingSights;
    private bool _hasNews, _trustsSteady;

    /// <summary>Who wants to know every stat that an answer came from.</summary>
    public BuildMirror? Mirror { get; set; }

    /// <summary>The identity of a file, or null if nothing is there.</summary>
    /// <exception cref="DiagnosticException">It is a directory, a device, a loop of links, a link that leaves the workspace, or unreadable.</exception>
    public FileIdentity? Identify(WorkspacePath file)
    {
        lock (_gate)
        {
            return Guarded(file.Value, () => _links.Look(file.Value) switch
            {
                { Kind: FileKind.Absent } => Absent(file.Value),
                { Kind: FileKind.File } stat => Identify(file.Value, stat),
                { Kind: FileKind.Directory } => throw new DiagnosticException(
                    new Diagnostic("MLO1110", "a directory stands where a file is expected") { Where = file.Value, Mend = "name one of its files" }),
                _ => throw NotAFile(file.Value),
            });
        }
    }

    /// <summary>The digest of a file, or of a directory as in-toto's dirHash (sha256 over lines of hex, two spaces, path, in the order of the paths' bytes); null if nothing is there.</summary>
    /// <exception cref="DiagnosticException">As for a file, for any file below a directory.</exception>
    public Digest? DigestOf(WorkspacePath fileOrDirectory) => Look(fileOrDirectory, _trustsSteady);

    private Digest? Look(WorkspacePath fileOrDirectory, bool mayBeAsSeen)
    {
        lock (_gate)
        {
            return Guarded(fileOrDirectory.Value, () => _links.Look(fileOrDirectory.Value) switch
            {
                { Kind: FileKind.Absent } => (Digest?)Absent(fileOrDirectory.Value)?.Sha256,
                { Kind: FileKind.File } stat => Identify(fileOrDirectory.Value, stat).Sha256,
                { Kind: FileKind.Directory } => DigestOfTree(fileOrDirectory.Value, mayBeAsSeen),
                _ => throw NotAFile(fileOrDirectory.Value),
            });
        }
    }

    /// <summary>From now on <see cref="IsSteady"/> is about what is seen after this moment.</summary>
    /// <param name="trustSteady">Whether directories that were found steady just before count as seen: whoever remembers an answer about them remembers their stats,
    /// so that what changed since is found when the answer is recalled.</param>
    public void Begin(bool trustSteady = false)
    {
        lock (_gate)
        {
            _trustsSteady = trustSteady;
            _firstSights.Clear();
            _firstTreeSights.Clear();
        }
    }

    /// <summary>Whether a file, or a directory with all below it, has the digest given and was never seen otherwise since <see cref="Begin"/>, not even for a while:
    /// bytes that were changed and put back may have been read in between.</summary>
    /// <exception cref="DiagnosticException">As for <see cref="DigestOf"/>.</exception>
    public bool IsSteady(WorkspacePath fileOrDirectory, Digest content)
    {
        lock (_gate)
        {
            var before = _differingSights;
            var seen = _trees.GetValueOrDefault(fileOrDirectory.Value);
            var steady = Look(fileOrDirectory, mayBeAsSeen: false) == content && _differingSights == before;
            if (_trees.GetValueOrDefault(fileOrDirectory.Value) is { } walked && walked != seen)
            {
                walked.Steady = steady ? content : null;
            }

            return steady;
        }
    }

    /// <summary>Writes the index if anything was learnt; gives up silently where it may not write, because it only saves time.</summary>
    public void Save()
    {
        lock (_gate)
        {
            if (!_hasNews)
            {
                return;
            }

            try
            {
                new IndexWriter(_saved.Value, _learnt, _trees).Save(path);
                _hasNews = false;
            }
            catch (Exception e) when (IoFailure.Covers(e))
            {
            }
        }
    }

    internal static DiagnosticException NotAFile(string where) =>
        new(new Diagnostic("MLO1111", "a device, socket or pipe stands where a file is expected") { Where = where, Mend = "replace it by a regular file" });

    private FileIdentity Identify(string file, FileStat stat)
    {
        // A racy entry is never trusted, not even within one run: whoever asks again is served by a new read.
        if (_learnt.TryGetValue(file, out var entry) ? !entry.IsRacy && entry.Stat == stat : !rehash && _saved.Value.TryFind(file, out entry) && entry.Stat == stat)
        {
            Observe(file, stat, FileStat.Now);
            return entry.Identity;
        }

        var rows = new TreeRows();
        ref var row = ref rows.Add(System.Text.Encoding.UTF8.GetBytes(file));
        // A file of the same length as before is most often the same file: then its xxh128 tells.
        if ((_learnt.TryGetValue(file, out entry) || (!rehash && _saved.Value.TryFind(file, out entry))) && entry.Stat.Size == stat.Size)
        {
            row.Take(entry);
        }

        row.Stat = stat;
        var now = FileStat.Now;
        new TreeReader(root, "", rows).Read([0]);
        _learnt[file] = rows[0].Entry;
        _hasNews = true;
        Observe(file, rows[0].Stat, now);
        return rows[0].Identity;
    }

    private FileIdentity? Absent(string file)
    {
        Observe(file, default, FileStat.Now);
        return null;
    }

    private void Observe(string file, FileStat stat, long observedAt)
    {
        if (!_firstSights.TryAdd(file, stat) && _firstSights[file] != stat)
        {
            _differingSights++;
        }

        Mirror?.Observe(file, stat, observedAt);
    }

    private T Guarded<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            throw new DiagnosticException(IoFailure.Describe(e, root) with { Where = file });
        }
    }
}
