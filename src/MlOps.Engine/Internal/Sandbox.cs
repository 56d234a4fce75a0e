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
