using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>The private folder of one run: inputs are placed in it, outputs are taken from it, then it is emptied.</summary>
internal sealed class Sandbox : IDisposable
{
    private readonly SandboxPool _pool;

    internal Sandbox(SandboxPool pool, string folder) => (_pool, Folder) = (pool, folder);

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

    public void Dispose() => _pool.Return(Folder);

    private string Room(string name)
    {
        var path = Path.Join(Folder, name);
        if (name.Contains('/', StringComparison.Ordinal))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }

        return path;
    }
}
