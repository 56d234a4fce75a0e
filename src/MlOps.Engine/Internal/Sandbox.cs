using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>The private folder of one run: inputs are placed in it, outputs are taken from it, then it is emptied.</summary>
internal sealed class Sandbox : IDisposable
{
    private readonly SandboxPool? _pool;
    private readonly HashSet<string> _folders;
    private readonly HashSet<string> _placed = new(StringComparer.Ordinal);
    private UnixFileMode _mode;
    private bool _emptied;

    internal Sandbox(SandboxPool? pool, string folder, HashSet<string> folders) => (_pool, Folder, _folders) = (pool, folder, folders);

    public string Folder { get; }

    /// <summary>Copies a workspace file or directory, links followed, so that the program cannot write to the original.</summary>
    public void PlaceCopy(string source, string name)
    {
        if (Directory.Exists(source))
        {
            Directory.CreateDirectory(Path.Join(Folder, name));
            foreach (var entry in Directory.EnumerateFileSystemEntries(source))
            {
                PlaceCopy(entry, $"{name}/{Path.GetFileName(entry)}");
            }
        }
        else if (_placed.Add(name))
        {
            // A file may be declared twice, by itself and by a pattern.
            File.Copy(source, Room(name));
        }
    }

    /// <summary>Copies an object of the store, or all objects of a directory: what the program does to them harms nobody; false if the store does not have it whole.</summary>
    public bool PlaceObject(ContentStore store, ContentRef content, string name)
    {
        if (!content.IsTree)
        {
            _placed.Add(name);
            return store.TryPlace(content.Content, Room(name));
        }

        Directory.CreateDirectory(Path.Join(Folder, name));
        return store.TryReadTree(content.Content) is { } tree
            && tree.Entries.All(entry => _placed.Add(name + entry.Path) && store.TryPlace(entry.Content, Room(name + entry.Path)));
    }

    /// <summary>Whether a regular file, or for a name with a slash at the end a folder, stands there, reached through no link: what lies behind one is not the sandbox's to give away.</summary>
    public bool Has(string name)
    {
        var path = name.TrimEnd('/');
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            if (FileStat.OfLink(Path.Join(Folder, path[..slash])).Kind != FileKind.Directory)
            {
                return false;
            }
        }

        return FileStat.OfLink(Path.Join(Folder, path)).Kind == (name.EndsWith('/') ? FileKind.Directory : FileKind.File);
    }

    /// <summary>A sandbox for one run, removed afterwards, as is what a killed build left beside it; only while the workspace is held and nothing runs.</summary>
    public static Sandbox Single(string parent)
    {
        if (Directory.Exists(parent) && Directory.GetFileSystemEntries(parent).Length > 0)
        {
            new SandboxPool(parent).Sweep();
        }

        var folder = SandboxPool.FreeName(parent, 0);
        Directory.CreateDirectory(folder);
        return new(null, folder, new(StringComparer.Ordinal)) { _mode = OperatingSystem.IsWindows() ? 0 : File.GetUnixFileMode(folder) };
    }

    /// <summary>Empties it after the outputs were taken; gives the files that are neither inputs nor what every program of their kind leaves.</summary>
    public IReadOnlyList<string> Empty()
    {
        var left = new List<string>();
        _emptied = true;
        if (_pool is not null)
        {
            _pool.Return(Folder, Found);
        }
        else if (!TryRemovePlaced())
        {
            // Something else is there: now it is worth looking around.
            new SandboxPool(Path.GetDirectoryName(Folder)!, _mode).Return(Folder, Found);
            Remove();
        }

        left.Sort(StringComparer.Ordinal);
        return left;

        void Found(string path)
        {
            if (!_placed.Contains(path) && !path.Split('/').Any(segment => segment.StartsWith('.') || segment == "__pycache__"))
            {
                left.Add(path);
            }
        }
    }

    public void Dispose()
    {
        if (!_emptied)
        {
            if (_pool is null)
            {
                Remove();
            }
            else
            {
                _pool.Return(Folder);
            }
        }
    }

    /// <summary>Makes the folders that outputs stand in, so that programs like <c>cp</c> need not; an output that is a folder is the program's to make.</summary>
    public void MakeFolders(IEnumerable<string> outputs)
    {
        foreach (var output in outputs)
        {
            _ = Room(output.TrimEnd('/'));
        }
    }

    /// <summary>The relative folders that a step's inputs and outputs stand in.</summary>
    public static HashSet<string> FoldersOf(Step step)
    {
        var folders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in step.Outputs.Concat(step.Inputs.Where(input => input.Value is not GlobInput).Select(input => input.Key)).Select(name => name.TrimEnd('/')))
        {
            for (var slash = name.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = name.IndexOf('/', slash + 1))
            {
                folders.Add(name[..slash]);
            }
        }

        return folders;
    }

    /// <summary>What a program made unreadable is left for the next build, which sweeps.</summary>
    private void Remove()
    {
        try
        {
            if (!TryRemovePlaced())
            {
                Directory.Delete(Folder, recursive: true);
            }
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
        }
    }

    /// <summary>Removes it if it holds nothing but what was placed here and the folders that outputs were taken from: the usual case, without looking around.</summary>
    private bool TryRemovePlaced()
    {
        try
        {
            foreach (var name in _placed)
            {
                File.Delete(Path.Join(Folder, name));
            }

            string[] folders = [.. _folders];
            Array.Sort(folders, static (a, b) => b.Length - a.Length);
            Array.ForEach(folders, folder => Directory.Delete(Path.Join(Folder, folder)));
            Directory.Delete(Folder);
            return true;
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            return false;
        }
    }

    private string Room(string name)
    {
        var slash = name.LastIndexOf('/');
        if (slash >= 0 && _folders.Add(name[..slash]))
        {
            Directory.CreateDirectory(Path.Join(Folder, name[..slash]));
        }

        return Path.Join(Folder, name);
    }
}
