using System.Text;
using Microsoft.Win32.SafeHandles;
using MlOps.Content;

namespace MlOps.Packaging.Internal;

/// <summary>Key files: private ones are made for their owner alone, never over another file, and not read when others could have read them as well. Windows has no modes: there the folder's rights decide.</summary>
internal static class KeyFile
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public static void WritePrivate(string path, string pem)
    {
        // Mode 600 and O_EXCL in the one call that makes the file: there is no moment at which another could open it.
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        FileStream file;
        try
        {
            file = new(path, options);
        }
        catch (IOException) when (Path.Exists(path))
        {
            throw new DiagnosticException(new Diagnostic("MLO7203", "a file is there already, and keys are never overwritten")
            {
                Where = path,
                Why = "what a lost key has signed cannot be signed again in its name",
                Mend = "choose another name; to rotate, make a new key, trust both for a while, then remove the old one from 'trust'",
            });
        }

        try
        {
            using (file)
            {
                file.Write(Encoding.ASCII.GetBytes(pem));
                file.Flush(flushToDisk: true);
            }
        }
        catch (IOException)
        {
            File.Delete(path);
            throw;
        }
    }

    public static string ReadPrivate(string path)
    {
        using var file = Opened(path);
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(file) is var mode && (mode & Others) != 0)
        {
            throw new DiagnosticException(new Diagnostic("MLO7201", "others can read or change this private key")
            {
                Where = path,
                Why = $"its mode is {Convert.ToString((int)mode, 8)}",
                Mend = $"chmod 600 {path}; if others could have read it, make a new key and remove this one from 'trust'",
            });
        }

        return Text(file);
    }

    private static SafeFileHandle Opened(string path)
    {
        try
        {
            return File.OpenHandle(path);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(new Diagnostic("MLO7250", "the private key cannot be read")
            {
                Where = path,
                Why = failure is UnauthorizedAccessException ? "it is no file, or this user may not read it" : "no such file is there",
                Mend = "name a file that is there and that you may read (a relative path starts where the command runs), or name none",
            });
        }
    }

    public static string ReadPublic(string path)
    {
        using var file = File.OpenHandle(path);
        return Text(file);
    }

    // What is longer than any key is cut, and then no key.
    private static string Text(SafeFileHandle file)
    {
        var bytes = new byte[PublicKey.MaximumBytes];
        var read = 0;
        for (int n; (n = RandomAccess.Read(file, bytes.AsSpan(read), read)) > 0; read += n)
        {
        }

        return Encoding.UTF8.GetString(bytes, 0, read);
    }
}
