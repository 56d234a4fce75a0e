using System.Text;
using MlOps.Content.Internal;

namespace MlOps.Content;

/// <summary>Directories: one walk beside what is known of their files, then the digests of those that are not as they were.</summary>
public sealed partial class StatIndex
{
    private const int FilesWorthReadingUnseen = 1024;

    private readonly Dictionary<string, TreeRows> _trees = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ulong> _firstTreeSights = new(StringComparer.Ordinal);

    /// <summary>A directory's identity and listing from one walk; null if nothing is there.</summary>
    /// <exception cref="DiagnosticException">It is a file, or as for a file, for any file below it.</exception>
    public WorkspaceTree? TreeAt(WorkspacePath directory) =>
        Walked(directory) is { } rows ? new(new TreeLines(rows).Identity(), TreeListing.Of(rows, directory.Value)) : null;

    /// <summary>A directory as it was when it was last walked, or from a walk if it was not: for whoever asks <see cref="IsSteady"/> afterwards.</summary>
    /// <inheritdoc cref="TreeAt" path="/exception"/>
    public WorkspaceTree? TreeAsSeen(WorkspacePath directory)
    {
        lock (_gate)
        {
            return _trees.TryGetValue(directory.Value, out var rows) && rows.AreRead ? new(new TreeLines(rows).Identity(), TreeListing.Of(rows, directory.Value)) : TreeAt(directory);
        }
    }

    /// <summary>A directory's listing; null if nothing is there.</summary>
    /// <inheritdoc cref="TreeAt" path="/exception"/>
    public TreeListing? ListingOf(WorkspacePath directory) => Walked(directory) is { } rows ? TreeListing.Of(rows, directory.Value) : null;

    /// <summary>A directory's identity; null if nothing is there.</summary>
    /// <inheritdoc cref="TreeAt" path="/exception"/>
    public TreeIdentity? IdentifyTree(WorkspacePath directory) => Walked(directory) is { } rows ? new TreeLines(rows).Identity() : null;

    private TreeRows? Walked(WorkspacePath directory)
    {
        lock (_gate)
        {
            return Guarded(directory.Value, () => _links.Look(directory.Value) switch
            {
                { Kind: FileKind.Absent } => AbsentTree(directory.Value),
                { Kind: FileKind.Directory } => Walk(directory.Value),
                { Kind: FileKind.File } => throw new DiagnosticException(
                    new Diagnostic("MLO1130", "a file stands where a directory is expected") { Where = directory.Value, Mend = "name its directory" }),
                _ => throw NotAFile(directory.Value),
            });
        }
    }

    private TreeRows? AbsentTree(string directory)
    {
        Absent(directory);
        return null;
    }

    private TreeRows Walk(string directory)
    {
        var learnt = _trees.GetValueOrDefault(directory);
        FileRows? known = learnt is not null ? learnt : rehash ? null : _saved.Value;
        var cursor = new RowCursor(known, learnt is not null ? [] : Encoding.UTF8.GetBytes(directory + "/"));
        if (learnt is null && cursor.IsAtEnd && ReadUnseen(directory) is { } read)
        {
            return read;
        }

        var rows = new TreeRows();
        var pending = new List<int>();
        var walk = new TreeWalk(root, _links);
        walk.Run(directory, (path, in stat) =>
        {
            var at = cursor.Seek(path);
            ref var row = ref rows.Add(path);
            row.Stat = stat;
            if (at >= 0 && known![at].Answers(stat))
            {
                row.TakeDigests(known[at]);
                return;
            }

            if (at >= 0 && known![at].Size == stat.Size)
            {
                row.TakeDigests(known[at]);
            }

            row.State = RowState.Unread;
            pending.Add(rows.Count - 1);
        });
        Observe(directory, walk, rows);
        // Kept even if reading fails, so that what was read need not be read again.
        _trees[directory] = rows;
        if (pending.Count > 0)
        {
            _hasNews = true;
            new TreeReader(root, directory, rows).Read(pending);
        }

        return rows;
    }

    /// <summary>Where nothing is known of many files, each is opened without a look before; null where that is not enough: then the usual walk copes, or says why not.</summary>
    private TreeRows? ReadUnseen(string directory)
    {
        if (!Posix.KeepsOurTime(Path.Join(root, directory)))
        {
            return null;
        }

        var rows = new TreeRows();
        var pending = new List<int>();
        var walk = new TreeWalk(root, _links, namesOnly: true);
        walk.Run(directory, (path, in stat) =>
        {
            ref var row = ref rows.Add(path);
            row.Stat = stat;
            row.State = stat.Inode == 0 ? RowState.Unseen : RowState.Unread;
            pending.Add(rows.Count - 1);
        });
        // How many threads few files are worth depends on their lengths.
        if (pending.Count < FilesWorthReadingUnseen)
        {
            return null;
        }

        _trees[directory] = rows;
        _hasNews = true;
        try
        {
            new TreeReader(root, directory, rows).Read(pending);
        }
        catch (Exception e) when (e is DiagnosticException || IoFailure.Covers(e))
        {
            return null;
        }

        for (var i = 0; i < rows.Count; i++)
        {
            walk.Note(rows.PathOf(rows[i]), rows[i].Stat, rows[i].State == RowState.Racy);
        }

        Observe(directory, walk, rows);
        return rows;
    }

    private Digest DigestOfTree(string directory, bool mayBeAsSeen)
    {
        if (mayBeAsSeen && _trees.GetValueOrDefault(directory) is { Steady: { } steady, IsRacy: false } seen)
        {
            Mirror?.ObserveTree(directory, seen.Stats, isRacy: false);
            return steady;
        }

        return new TreeLines(Walk(directory)).Sha256();
    }

    private void Observe(string directory, TreeWalk walk, TreeRows rows)
    {
        (rows.Stats, rows.IsRacy) = (walk.Stats, walk.IsRacy);
        if (!_firstTreeSights.TryAdd(directory, walk.Stats) && _firstTreeSights[directory] != walk.Stats)
        {
            _differingSights++;
        }

        Mirror?.ObserveTree(directory, walk.Stats, walk.IsRacy);
    }
}
