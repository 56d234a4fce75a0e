using System.Text;
using MlOps.Content.Internal;

namespace MlOps.Content;

/// <summary>A remembered answer "nothing to do" and the stats of everything it depended on.</summary>
/// <remarks>Answers are per key (target and arguments) and per build of the product, known by its folder. Reading one costs one small file and one stat per dependency; nothing else of the product need be loaded.
/// A file recorded as absent must still be absent. Paths may be relative to the workspace or absolute. Threads may share it.</remarks>
/// <param name="root">The workspace's absolute path.</param>
public sealed class BuildMirror(string root)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Observation> _seen = new(StringComparer.Ordinal);
    private readonly HashSet<string> _lookedAt = new(StringComparer.Ordinal);
    private Dictionary<string, Observation> _seenBefore = [];
    private readonly Dictionary<string, Observation> _seenEarlier = new(StringComparer.Ordinal);
    private bool _unsteady, _unsteadyBefore;

    /// <summary>The payload given to <see cref="Save"/>, if everything is as it was; else null. Never throws for a missing, foreign or damaged mirror.</summary>
    public static byte[]? TryAnswer(string root, string key) => Recall(root, key) is { Changes.Count: 0 } recalled ? recalled.Payload : null;

    /// <summary>What was remembered and the little that changed since; null if nothing was, or too much changed. Never throws for a missing, foreign or damaged mirror.</summary>
    public static Recollection? Recall(string root, string key)
    {
        key = WithHost(key);
        var file = MirrorFormat.PathOf(root, key);
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            return MirrorFormat.TryParse(key, File.ReadAllBytes(file)) is { } mirror && mirror.Look(root) is { } changes ? new(root, file, mirror, changes) : null;
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            return null;
        }
    }

    /// <summary>A quick checksum of bytes that nobody forges: it tells an edit that left no trace in the stat.</summary>
    public static ulong Checksum(ReadOnlySpan<byte> bytes) => Math.Max(1, MirrorFormat.Mix(bytes));

    /// <summary>Takes the stat of a path now; call it before the content is read. Absent paths count too. A directory's stat betrays added and removed entries.</summary>
    public void Observe(string path)
    {
        var now = FileStat.Now;
        lock (_gate)
        {
            _lookedAt.Add(Relative(path));
        }

        Observe(path, Look(path), now);
    }

    /// <summary>Takes note that a path exists or not and how long it is; for files that never change under their name, such as store objects.</summary>
    public void ObserveExistence(string path)
    {
        var stat = Look(path);
        Add(path, new(new(stat.Kind, 0, 0, stat.Size, 0, 0), Sight.Existence));
    }

    /// <summary>Takes note of an environment variable's value now, or that it is not set; only a hash of it is kept.</summary>
    public void ObserveVariable(string name) => Add(MirrorFormat.VariableMark + name, new(MirrorFormat.StatOfVariable(name), Sight.Stat));

    /// <summary>From now on what is seen is about one build; what was seen before is about how that came to be, such as declarations.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            (_seenBefore, _unsteadyBefore) = (new(_seen, StringComparer.Ordinal), _unsteady);
        }
    }

    /// <summary>Forgets what was seen since <see cref="Begin"/>, because the build has changed it: all of it must be looked at again.</summary>
    /// <param name="mayDiffer">What the build may have changed; whatever else is seen again must look as it did, or there is no answer.</param>
    public void Restart(Func<string, bool> mayDiffer)
    {
        lock (_gate)
        {
            foreach (var (path, seen) in _seen)
            {
                if (!mayDiffer(path))
                {
                    _seenEarlier[path] = seen;
                }
            }

            _seen.Clear();
            foreach (var (path, seen) in _seenBefore)
            {
                _seen.Add(path, seen);
            }

            _unsteady = _unsteadyBefore;
        }
    }

    /// <summary>Says that something happened that no stat shows, so that this answer must not be remembered.</summary>
    public void Forget() => _unsteady = true;

    /// <summary>Remembers the answer of a key, unless some file is too young to be trusted. Gives up silently where it may not write.</summary>
    /// <returns>Where more may be kept about the answer; null if it is not remembered.</returns>
    public RememberedPlace? Save(string key, ReadOnlySpan<byte> payload)
    {
        key = WithHost(key);
        var file = MirrorFormat.PathOf(root, key);
        try
        {
            if (_unsteady)
            {
                File.Delete(file);
                return null;
            }

            var place = new RememberedPlace(file + ".graph", BitConverter.ToUInt64(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8)))
            {
                LookedAt = [.. _seenBefore.Keys, .. _lookedAt],
            };
            AtomicFile.Write(file, MirrorFormat.Write(key, payload, _seen, place.Stamp));
            return place;
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            return null;
        }
    }

    internal void Observe(string path, FileStat stat, long observedAt)
    {
        _unsteady |= stat.IsRacy(observedAt);
        Add(path, new(stat, Sight.Stat));
    }

    /// <summary>Takes note of a directory with everything below it, by the hash of a walk; however much that is, it is one entry.</summary>
    internal void ObserveTree(string directory, ulong stats, bool isRacy)
    {
        _unsteady |= isRacy;
        // Its own name, so that the directory may be observed by itself as well.
        Add(directory + "/", new(new(FileKind.Directory, 0, stats, 0, 0, 0), Sight.Tree));
    }

    private FileStat Look(string path) => FileStat.Of(Path.IsPathRooted(path) ? path : Path.Join(root, path));

    private void Add(string path, Observation observation)
    {
        path = Relative(path);
        lock (_gate)
        {
            // Two sights of one path that differ mean that it changed while the answer was made.
            _unsteady |= !_seen.TryAdd(path, observation) && _seen[path] != observation;
            _unsteady |= _seenEarlier.TryGetValue(path, out var earlier) && earlier != observation;
        }
    }

    /// <summary>Relative, so that the answer is about this workspace even if it was moved, and the kernel has less to walk.</summary>
    private string Relative(string path) =>
        path.Length > root.Length + 1 && path[root.Length] == '/' && path.StartsWith(root, StringComparison.Ordinal) ? path[(root.Length + 1)..] : path;

    /// <summary>Another build of the product may do another thing with the same sources.</summary>
    private static string WithHost(string key) => $"{key}\n{AppContext.BaseDirectory}";
}
