using System.Collections.Concurrent;
using System.Globalization;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Sandboxes that are used again when they are empty.</summary>
/// <remarks>ext4 searches past every inode deleted within the last five seconds when it makes a file or folder, so making and removing folders per step
/// makes a build of many short steps quadratic. So folders stay where the next step wants the same ones. Names hold the process's number: a program that
/// outlived a killed build writes into no sandbox of the next.</remarks>
/// <param name="parent">The folder that they lie in.</param>
/// <param name="mode">The mode of fresh folders; 0 where that is found out when the first is made.</param>
internal sealed class SandboxPool(string parent, UnixFileMode mode = 0)
{
    private readonly ConcurrentBag<(string Folder, HashSet<string> Below)> _free = [];
    private int _made;
    private UnixFileMode _mode = mode;

    /// <summary>A sandbox that nobody else uses, empty but for folders that the step's files stand in.</summary>
    public Sandbox Take(Step step)
    {
        var wanted = Sandbox.FoldersOf(step);
        while (_free.TryTake(out var free))
        {
            if (Prune(free.Folder, free.Below, wanted))
            {
                return new(this, free.Folder, free.Below);
            }
        }

        return new(this, Make(), new(StringComparer.Ordinal));
    }

    /// <summary>Empties a sandbox; one that cannot be emptied is not used again.</summary>
    /// <param name="folder">The sandbox.</param>
    /// <param name="found">Told every file that is removed, by its path in the sandbox.</param>
    public void Return(string folder, Action<string>? found = null)
    {
        var below = new HashSet<string>(StringComparer.Ordinal);
        if (Usable(folder) && Empty(folder, "", below, found))
        {
            _free.Add((folder, below));
        }
    }

    /// <summary>Removes everything, also what killed builds left behind; only while the workspace is held and nothing runs.</summary>
    public void Sweep()
    {
        _free.Clear();
        if (Directory.Exists(parent))
        {
            foreach (var left in new DirectoryInfo(parent).EnumerateFileSystemInfos())
            {
                Remove(left);
            }
        }
    }

    /// <summary>A folder's name that is not taken by what an earlier process of the same number left behind.</summary>
    public static string FreeName(string parent, int number)
    {
        for (var more = ""; ; more += "x")
        {
            var folder = Path.Join(parent, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "-" + number.ToString(CultureInfo.InvariantCulture) + more);
            if (FileStat.OfLink(folder).Kind == FileKind.Absent)
            {
                return folder;
            }
        }
    }

    private string Make()
    {
        var folder = FreeName(parent, Interlocked.Increment(ref _made));
        Directory.CreateDirectory(folder);
        if (!OperatingSystem.IsWindows() && _mode == 0)
        {
            _mode = File.GetUnixFileMode(folder);
        }

        return folder;
    }

    private bool Prune(string folder, HashSet<string> below, HashSet<string> wanted)
    {
        foreach (var name in below.Where(name => !wanted.Contains(name)).ToArray())
        {
            // Its parent may have taken it along.
            var path = Path.Join(folder, name);
            if (Directory.Exists(path) && !Remove(new DirectoryInfo(path)))
            {
                return false;
            }

            below.Remove(name);
        }

        return true;
    }

    private bool Empty(string folder, string name, HashSet<string> below, Action<string>? found)
    {
        try
        {
            foreach (var left in new DirectoryInfo(folder).EnumerateFileSystemInfos())
            {
                if (left is not DirectoryInfo { LinkTarget: null } kept)
                {
                    found?.Invoke(name + left.Name);
                    left.Delete();
                }
                else if (!Usable(left.FullName) || !Empty(kept.FullName, $"{name}{left.Name}/", below, found))
                {
                    return false;
                }
                else
                {
                    below.Add(name + left.Name);
                }
            }

            return true;
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            return false;
        }
    }

    /// <summary>Programs change modes, too; the next one shall not notice.</summary>
    private bool Usable(string folder) => OperatingSystem.IsWindows() || File.GetUnixFileMode(folder) == _mode;

    private static bool Remove(FileSystemInfo left)
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

            return true;
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            // A program may leave folders that even their owner cannot empty; the next build tries again.
            return false;
        }
    }
}
