using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>The private folder of one run: inputs are placed in it, outputs are taken from it, then it is removed.</summary>
internal sealed class Sandbox : IDisposable
{
    private static int s_counter;

    private Sandbox(string path) => Folder = path;

    public string Folder { get; }

    /// <summary>Makes an empty sandbox below a folder that this process has for itself.</summary>
    public static Sandbox Create(string parent)
    {
        var folder = Path.Join(parent, Interlocked.Increment(ref s_counter).ToString(System.Globalization.CultureInfo.InvariantCulture));
        Directory.CreateDirectory(folder);
        return new(folder);
    }

    /// <summary>Removes what killed builds left behind; only while the workspace is held.</summary>
    public static void Sweep(string parent)
    {
        if (Directory.Exists(parent))
        {
            foreach (var left in new DirectoryInfo(parent).EnumerateFileSystemInfos())
            {
                Remove(left);
            }
        }
    }

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

    public void Dispose() => Remove(new DirectoryInfo(Folder));

    private string Room(string name)
    {
        var path = Path.Join(Folder, name);
        if (name.Contains('/', StringComparison.Ordinal))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }

        return path;
    }

    private static void Remove(FileSystemInfo left)
    {
        try
        {
            if (left is DirectoryInfo { LinkTarget: null } folder)
            {
                folder.Delete(recursive: true);
            }
            else
            {
                left.Delete();
            }
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            // A program may leave folders that even their owner cannot empty; the next build tries again.
        }
    }
}
