using System.Globalization;
using MlOps.Content;

namespace MlOps.Remotes.Internal;

/// <summary>The temporary files of a folder that machines share: names that only one writer has, and the removal of what killed writers left.</summary>
/// <param name="folder">Where they lie, on the file system of what they become.</param>
internal sealed class SharedTemporaries(string folder)
{
    // A writer that lives touches its file with every block.
    private static readonly TimeSpan Old = TimeSpan.FromDays(1);

    private static int s_counter;

    private int _removed;

    /// <summary>A new name; the folder is made.</summary>
    public string Next()
    {
        Directory.CreateDirectory(folder);
        // Containers share names of machines and numbers of processes.
        return Path.Join(folder, string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}-{Environment.ProcessId}-{Interlocked.Increment(ref s_counter)}-{Path.GetRandomFileName()}"));
    }

    /// <summary>Removes what nobody has written to for a day, once per process. Ages are taken from the share's own clock: that of a file written just now.</summary>
    public void RemoveOld(string justWritten)
    {
        if (Interlocked.Exchange(ref _removed, 1) != 0)
        {
            return;
        }

        try
        {
            var now = File.GetLastWriteTimeUtc(justWritten);
            foreach (var file in Directory.EnumerateFiles(folder).Where(file => now - File.GetLastWriteTimeUtc(file) > Old))
            {
                Discard(file);
            }
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            // Somebody else removes them, or the next writer.
        }
    }

    /// <summary>Removes a file; what cannot be removed stays until it is old, because the first failure matters more.</summary>
    public static void Discard(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
        }
    }
}
