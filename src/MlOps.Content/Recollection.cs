using MlOps.Content.Internal;

namespace MlOps.Content;

/// <summary>A remembered answer held against the files as they are now: what it was, and what changed since.</summary>
/// <remarks>It keeps the mirror's bytes, so that whoever makes the little that changed up to date can remember the same answer again without looking at the rest.</remarks>
public sealed class Recollection
{
    private readonly string _root, _file;
    private readonly MirrorFormat _mirror;

    internal Recollection(string root, string file, MirrorFormat mirror, RecalledChange[] changes) =>
        (_root, _file, _mirror, Changes) = (root, file, mirror, changes);

    /// <summary>What was remembered.</summary>
    public byte[] Payload => _mirror.Payload;

    /// <summary>The paths that are not as they were, in no order that matters; none if the payload still is the answer.</summary>
    public IReadOnlyList<RecalledChange> Changes { get; }

    /// <summary>Where more may be kept about the same answer; it belongs to it only if it holds the same stamp.</summary>
    public RememberedPlace Place => new(_file + ".graph", _mirror.Stamp);

    /// <summary>Whether a path that the answer depended on is as it was, looked at once more.</summary>
    public bool Holds(string path) => _mirror.Holds(_root, path);

    /// <summary>Remembers the same answer for files that are now as given; all others must be as they were remembered. Gives up silently where it may not write.</summary>
    public void Renew(IReadOnlyList<RenewedSight> sights)
    {
        try
        {
            AtomicFile.Write(_file, _mirror.Renewed(sights));
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            // What stands there is about files that changed: it answers no more.
        }
    }
}

/// <summary>A path that is not as it was remembered.</summary>
/// <param name="Path">As it was observed: relative to the workspace, or absolute.</param>
/// <param name="Now">Its stat now.</param>
/// <param name="ByStat">Whether it was remembered by its stat alone: not by its existence, not with all below it, and no variable.</param>
public sealed record RecalledChange(string Path, FileStat Now, bool ByStat);

/// <summary>What is to be remembered of a path from now on.</summary>
/// <param name="Path">Relative to the workspace.</param>
/// <param name="Stat">Its stat.</param>
public sealed record RenewedSight(string Path, FileStat Stat)
{
    /// <summary>Whether only its existence and size matter, as for store objects.</summary>
    public bool OnlyExistence { get; init; }

    /// <summary><see cref="BuildMirror.Checksum"/> of its bytes, where its stat is too young to be trusted alone; else 0.</summary>
    public ulong Checksum { get; init; }

    /// <summary>A path that need not be looked at any more, whose place this one takes; null for none.</summary>
    public string? Replaces { get; init; }
}

/// <summary>Where more is kept about a remembered answer.</summary>
/// <param name="Path">The file.</param>
/// <param name="Stamp">The number that the file must hold to be about this answer.</param>
public sealed record RememberedPlace(string Path, ulong Stamp)
{
    /// <summary>What the answer depends on in other ways than by the content of steps' inputs: declarations, folders that patterns look into, probed programs.</summary>
    public IReadOnlyCollection<string> LookedAt { get; init; } = [];
}
