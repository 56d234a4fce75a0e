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
    private bool _unsteady;

    /// <summary>The payload given to <see cref="Save"/>, if everything is as it was; else null. Never throws for a missing, foreign or damaged mirror.</summary>
    public static byte[]? TryAnswer(string root, string key)
    {
        key = WithHost(key);
        var file = MirrorFormat.PathOf(root, key);
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            return MirrorFormat.TryAnswer(root, key, File.ReadAllBytes(file));
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            return null;
        }
    }

    /// <summary>Takes the stat of a path now; call it before the content is read. Absent paths count too. A directory's stat betrays added and removed entries.</summary>
    public void Observe(string path)
    {
        var now = FileStat.Now;
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

    /// <summary>Says that something happened that no stat shows, so that this answer must not be remembered.</summary>
    public void Forget() => _unsteady = true;

    /// <summary>Remembers the answer of a key, unless some file is too young to be trusted. Gives up silently where it may not write.</summary>
    public void Save(string key, ReadOnlySpan<byte> payload)
    {
        key = WithHost(key);
        var file = MirrorFormat.PathOf(root, key);
        try
        {
            if (_unsteady)
            {
                File.Delete(file);
                return;
            }

            AtomicFile.Write(file, MirrorFormat.Write(key, payload, _seen));
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
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
        // Relative, so that the answer is about this workspace even if it was moved, and the kernel has less to walk.
        if (path.Length > root.Length + 1 && path[root.Length] == '/' && path.StartsWith(root, StringComparison.Ordinal))
        {
            path = path[(root.Length + 1)..];
        }

        lock (_gate)
        {
            // Two sights of one path that differ mean that it changed while the answer was made.
            _unsteady |= !_seen.TryAdd(path, observation) && _seen[path] != observation;
        }
    }

    /// <summary>Another build of the product may do another thing with the same sources.</summary>
    private static string WithHost(string key) => $"{key}\n{AppContext.BaseDirectory}";
}
