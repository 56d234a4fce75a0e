using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Which lock a build here last wrote or found to agree with the store's records, so that these are not read again for the same lock.</summary>
internal sealed class SeenLock
{
    private readonly string _path;
    private readonly byte[]? _seen;

    public SeenLock(string path)
    {
        _path = path;
        try
        {
            _seen = File.Exists(path) ? File.ReadAllBytes(path) : null;
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            // It only saves time.
        }
    }

    public bool Is(LockFile lockFile) => _seen is not null && Bytes(lockFile.Bytes.Span).AsSpan().SequenceEqual(_seen);

    public void Remember(LockFile lockFile)
    {
        if (!Is(lockFile))
        {
            Remember(_path, lockFile.Bytes.Span);
        }
    }

    /// <summary>Remembers a lock by its bytes, in the file given.</summary>
    public static void Remember(string path, ReadOnlySpan<byte> lockBytes)
    {
        try
        {
            AtomicFile.Write(path, Bytes(lockBytes));
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
        }
    }

    /// <summary>A checksum will do: whoever can write this file can as well write what it says.</summary>
    private static byte[] Bytes(ReadOnlySpan<byte> lockBytes) => BitConverter.GetBytes(BuildMirror.Checksum(lockBytes));
}
