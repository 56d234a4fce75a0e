namespace MlOps.Content;

/// <summary>Holds a file so that no other process, and no other thread, does; the kernel lets go when the process ends, however it ends.</summary>
public static class FileHold
{
    private const int WouldBlock = 11, WouldBlockMac = 35, SharingViolation = unchecked((int)0x80070020);

    /// <summary>Takes it if nobody holds it; null if somebody does. Disposing lets go.</summary>
    /// <param name="path">A file that serves nothing else; made where it is missing, its folder too.</param>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public static IDisposable? TryAcquire(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException e) when (e.HResult is WouldBlock or WouldBlockMac or SharingViolation)
        {
            return null;
        }
    }
}
