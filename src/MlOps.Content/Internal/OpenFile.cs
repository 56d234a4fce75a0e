using System.Text;
using Microsoft.Win32.SafeHandles;

namespace MlOps.Content.Internal;

/// <summary>A file that is being read: by descriptor where the system allows it, else by the framework's handle.</summary>
internal readonly struct OpenFile : IDisposable
{
    private readonly int _descriptor;
    private readonly SafeFileHandle? _handle;
    private readonly string? _path;

    private OpenFile(int descriptor) => _descriptor = descriptor;

    private OpenFile(string path)
    {
        _path = path;
        _handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
    }

    /// <summary>Opens a file.</summary>
    /// <exception cref="IOException">It is missing or cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static unsafe OpenFile At(string path)
    {
        if (!Posix.ReadsFolders)
        {
            return new(path);
        }

        fixed (byte* p = Encoding.UTF8.GetBytes(path + '\0'))
        {
            var descriptor = Posix.OpenFile(Posix.WorkingDirectory, p, followLinks: true);
            return descriptor >= 0 ? new(descriptor) : throw Posix.Failure(-descriptor, path);
        }
    }

    /// <summary>A file whose descriptor is given; it is closed with this.</summary>
    public static OpenFile Of(int descriptor) => new(descriptor);

    public FileStat Stat()
    {
        if (_handle is not null)
        {
            return FileStat.Of(_path!);
        }

        var error = Posix.TryStat(_descriptor, out var stat);
        return error == 0 ? stat : throw Posix.Failure(error, "");
    }

    /// <summary>Fills a block from an offset on; gives less than its length only at the end of the file.</summary>
    public int Fill(Span<byte> block, long offset) => Fill(block, offset, block.Length);

    /// <summary>As the other, but is content with <paramref name="enough"/> bytes: whoever knows the length need not ask for the end.</summary>
    public int Fill(Span<byte> block, long offset, int enough)
    {
        var filled = 0;
        while (filled < enough)
        {
            var read = _handle is not null ? RandomAccess.Read(_handle, block[filled..], offset + filled) : Read(block[filled..], offset + filled);
            if (read == 0)
            {
                break;
            }

            filled += read;
        }

        return filled;
    }

    public void Dispose()
    {
        if (_handle is not null)
        {
            _handle.Dispose();
        }
        else
        {
            Posix.Close(_descriptor);
        }
    }

    private int Read(Span<byte> block, long offset)
    {
        var read = Posix.Read(_descriptor, block, offset);
        return read >= 0 ? (int)read : throw Posix.Failure((int)-read, "");
    }
}
