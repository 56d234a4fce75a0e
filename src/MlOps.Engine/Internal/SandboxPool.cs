using System.Collections.Concurrent;
using System.Globalization;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Sandboxes that are used again when they are empty.</summary>
/// <remarks>ext4 searches past every inode deleted within the last five seconds when it makes a file, so making and removing a folder per step
/// makes a build of many short steps quadratic.</remarks>
internal sealed class SandboxPool(string parent)
{
    private readonly ConcurrentBag<string> _free = [];
    private int _made;

    /// <summary>An empty sandbox that nobody else uses.</summary>
    public Sandbox Take()
    {
        if (!_free.TryTake(out var folder))
        {
            folder = Path.Join(parent, Interlocked.Increment(ref _made).ToString(CultureInfo.InvariantCulture));
            Directory.CreateDirectory(folder);
        }

        return new(this, folder);
    }

    /// <summary>Empties a sandbox; one that cannot be emptied is not used again.</summary>
    public void Return(string folder)
    {
        if (Empty(folder))
        {
            _free.Add(folder);
        }
    }

    /// <summary>Removes everything, also what killed builds left behind; only while the workspace is held and nothing runs.</summary>
    public void Sweep()
    {
        _free.Clear();
        if (Directory.Exists(parent))
        {
            Empty(parent);
        }
    }

    private static bool Empty(string folder)
    {
        try
        {
            foreach (var left in new DirectoryInfo(folder).EnumerateFileSystemInfos())
            {
                if (left is DirectoryInfo { LinkTarget: null } below)
                {
                    below.Delete(recursive: true);
                }
                else
                {
                    left.Delete();
                }
            }

            return true;
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            // A program may leave folders that even their owner cannot empty; the next build tries again.
            return false;
        }
    }
}
