using System.Globalization;
using MlOps.Content.Internal;

namespace MlOps.Content;

/// <summary>Writes whole files: readers and kills see the bytes before or the bytes after, never a part.</summary>
public static class AtomicFile
{
    /// <summary>How the names of temporary files begin.</summary>
    internal const string TemporaryPrefix = ".tmp-";

    private const int ReservedBytes = 1 << 20;

    private static int s_counter;

    /// <summary>Replaces a file by a temporary one of the same file system; missing folders are made.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">All its bytes.</param>
    /// <param name="temporaryFolder">Where the temporary file lies, so that a kill leaves nothing beside the file; default its own folder.</param>
    /// <param name="sync">Whether the bytes are on the disk before the file is replaced: for what cannot be computed again, or is read unchecked.</param>
    /// <exception cref="IOException">It cannot be written, for instance because the disk is full; the old file is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written; the old file is as it was.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content, string? temporaryFolder = null, bool sync = false)
    {
        var temporary = TemporaryName(temporaryFolder ?? Path.GetDirectoryName(path)!);
        try
        {
            using (var file = Create(temporary, content.Length))
            {
                RandomAccess.Write(file, content, 0);
                if (sync)
                {
                    RandomAccess.FlushToDisk(file);
                }
            }

            Move(temporary, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Discard(temporary);
            throw;
        }
    }

    /// <summary>As the other, for bytes that are written one after the other; whatever ends the writing early leaves the old file as it was.</summary>
    public static void Write(string path, Action<Stream> write, string? temporaryFolder = null)
    {
        var temporary = TemporaryName(temporaryFolder ?? Path.GetDirectoryName(path)!);
        try
        {
            using (var handle = Create(temporary, 0))
            using (var file = new FileStream(handle, FileAccess.Write, bufferSize: 0))
            {
                write(file);
            }

            Move(temporary, path);
        }
        catch
        {
            Discard(temporary);
            throw;
        }
    }

    /// <summary>A name in a folder that no other thread or process uses.</summary>
    internal static string TemporaryName(string folder) =>
        Path.Join(folder, TemporaryPrefix + Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "-" + Interlocked.Increment(ref s_counter).ToString(CultureInfo.InvariantCulture));

    /// <summary>Renames, making the target's folder if it is missing. Never half: the framework's own move would write into the target where
    /// the two lie on different file systems (a mounted or linked <c>.mlops</c>).</summary>
    internal static void Move(string from, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Move(from, to, overwrite: true);
            return;
        }

        var error = Posix.Rename(from, to);
        if (error == Posix.NotFound)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            error = Posix.Rename(from, to);
        }

        if (error == Posix.OtherFileSystem)
        {
            MoveAcross(from, to);
        }
        else if (error != 0)
        {
            throw Posix.Failure(error, to);
        }
    }

    private static void MoveAcross(string from, string to)
    {
        var temporary = TemporaryName(Path.GetDirectoryName(to)!);
        try
        {
            File.Copy(from, temporary);
            using (var file = File.OpenHandle(temporary))
            {
                RandomAccess.FlushToDisk(file);
            }

            var error = Posix.Rename(temporary, to);
            if (error != 0)
            {
                throw Posix.Failure(error, to);
            }

            File.Delete(from);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Discard(temporary);
            throw;
        }
    }

    /// <summary>Removes a temporary file; what cannot be removed is left for <c>Gc</c>, because the first failure matters more.</summary>
    internal static void Discard(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static Microsoft.Win32.SafeHandles.SafeFileHandle Create(string path, long length)
    {
        // Reserving room tells a full disk early; for small files it costs more than writing them.
        length = length < ReservedBytes ? 0 : length;
        try
        {
            return File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.None, length);
        }
        catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
        {
            // The framework looks for the folder after it failed, and calls the file missing if another thread has just made the folder.
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.None, length);
        }
    }
}
