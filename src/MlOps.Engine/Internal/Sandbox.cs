using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>The private folder of one run: inputs are placed in it, outputs are taken from it, then it is emptied.</summary>
internal sealed class Sandbox : IDisposable
{
    private readonly SandboxPool? _pool;
    private readonly HashSet<string> _folders;
    private readonly List<string> _placed = [];

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
        else
        {
            File.Copy(source, Room(name));
        }
    }

    /// <summary>Links an object of the store; false if the store does not have it whole.</summary>
    public bool PlaceObject(ContentStore store, Digest content, string name) => store.LinkTo(content, Room(name));

    /// <summary>Whether a regular file stands there, reached through no link: what lies behind one is not the sandbox's to give away.</summary>
    public bool HasFile(string name)
    {
        for (var slash = name.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = name.IndexOf('/', slash + 1))
        {
            if (FileStat.OfLink(Path.Join(Folder, name[..slash])).Kind != FileKind.Directory)
            {
                return false;
            }
        }

        return FileStat.OfLink(Path.Join(Folder, name)).Kind == FileKind.File;
    }

    /// <summary>A sandbox for one run, removed afterwards with its log.</summary>
    public static Sandbox Single(string parent)
    {
        var folder = SandboxPool.FreeName(parent, 0);
        Directory.CreateDirectory(folder);
        return new(null, folder, new(StringComparer.Ordinal));
    }

    public void Dispose()
    {
        if (_pool is not null)
        {
            _pool.Return(Folder);
        }
        else
        {
            Remove();
        }
    }

    /// <summary>Makes the folders that outputs stand in, so that programs like <c>cp</c> need not.</summary>
    public void MakeFolders(IEnumerable<string> outputs)
    {
        foreach (var output in outputs)
        {
            _ = Room(output);
        }
    }

    /// <summary>The relative folders that a step's inputs and outputs stand in.</summary>
    public static HashSet<string> FoldersOf(Step step)
    {
        var folders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in step.Outputs.Concat(step.Inputs.Keys))
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
            File.Delete(Folder + ".log");
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
            _placed.ForEach(File.Delete);
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

        var place = Path.Join(Folder, name);
        _placed.Add(place);
        return place;
    }
}
