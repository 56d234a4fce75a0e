using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Content.Internal;

/// <summary>Opening and reading by descriptors, so that a path is looked up from the folder that it lies in and not from the root.</summary>
internal static unsafe partial class Posix
{
    private const int CloseOnExec = 0x80000;

    /// <summary>Whether folders can be read here without the framework: Linux, where this product knows the numbers of the system call.</summary>
    public static bool ReadsFolders { get; } = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    /// <summary>A handle for looking at paths below a folder; its lookups are shorter than those from the root.</summary>
    public static FolderHandle OpenFolder(string path)
    {
        const int pathOnly = 0x200000; // O_PATH
        fixed (byte* p = Encoding.UTF8.GetBytes(path + '\0'))
        {
            var descriptor = Open(WorkingDirectory, p, pathOnly | DirectoryOnly);
            return descriptor >= 0 ? new(descriptor) : throw Failure(-descriptor, path);
        }
    }

    /// <summary>Opens a folder for <see cref="ReadFolder"/>, looked up from another one; gives minus errno if it cannot.</summary>
    public static int OpenFolder(int parent, byte* name, bool followLinks) =>
        Open(parent, name, DirectoryOnly | (followLinks ? 0 : NoFollowOnOpen));

    /// <summary>Opens a file for reading, looked up from a folder; gives minus errno if it cannot.</summary>
    public static int OpenFile(int folder, byte* path, bool followLinks) =>
        Open(folder, path, 0x800 | (followLinks ? 0 : NoFollowOnOpen)); // O_NONBLOCK: a pipe that took a file's place must not hold us

    /// <summary>Whether a folder lies on a file system that only this machine writes, so that the times of its files are ours; false where that is unknown.</summary>
    public static bool KeepsOurTime(string folder)
    {
        if (!ReadsFolders)
        {
            return false;
        }

        var answer = stackalloc long[64]; // struct statfs is 120 bytes and begins with the type
        fixed (byte* path = Encoding.UTF8.GetBytes(folder + '\0'))
        {
            // ext2 to ext4, xfs, btrfs, tmpfs, overlayfs, zfs, f2fs, bcachefs
            return statfs(path, answer) == 0
                && (*answer & 0xffffffff) is 0xef53 or 0x58465342 or 0x9123683e or 0x01021994 or 0x794c7630 or 0x2fc12fc1 or 0xf2f52010 or 0xca451a4e;
        }
    }

    /// <summary>Reads up to as many bytes as there is room for; 0 at the end, minus errno on failure.</summary>
    public static nint Read(int descriptor, Span<byte> block, long offset)
    {
        fixed (byte* p = block)
        {
            nint got;
            while ((got = pread(descriptor, p, block.Length, offset)) < 0)
            {
                var error = Marshal.GetLastSystemError();
                if (error != Interrupted)
                {
                    return -error;
                }
            }

            return got;
        }
    }

    /// <summary>Writes to a descriptor that may be anybody's: a pipe without a reader is let be, one that is full is waited for.</summary>
    public static void WriteAll(int descriptor, ReadOnlySpan<byte> bytes)
    {
        const int brokenPipe = 32, tryAgain = 11, tryAgainMac = 35; // EPIPE, EAGAIN
        fixed (byte* p = bytes)
        {
            for (nint done = 0; done < bytes.Length;)
            {
                var wrote = write(descriptor, p + done, bytes.Length - done);
                var error = wrote < 0 ? Marshal.GetLastSystemError() : 0;
                if (error == brokenPipe)
                {
                    return;
                }

                if (error is tryAgain or tryAgainMac)
                {
                    Thread.Sleep(1);
                }
                else if (error is not (0 or Interrupted))
                {
                    throw Failure(error, descriptor == ConsoleBytes.Output ? "standard output" : "standard error");
                }

                done += Math.Max(wrote, 0);
            }
        }
    }

    /// <summary>Reads entries of an open folder as they lie (struct linux_dirent64); 0 at the end, minus errno on failure.</summary>
    public static nint ReadFolder(int descriptor, byte* block, int length)
    {
        var number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 61 : 217; // getdents64
        var got = syscall(number, descriptor, block, length);
        return got >= 0 ? got : -Marshal.GetLastSystemError();
    }

    private static int NoFollowOnOpen => IsArm ? 0x8000 : 0x20000; // O_NOFOLLOW

    private static int DirectoryOnly => IsArm ? 0x4000 : 0x10000; // O_DIRECTORY

    private static int Open(int folder, byte* path, int flags)
    {
        int descriptor;
        while ((descriptor = openat(folder, path, flags | CloseOnExec, 0)) < 0)
        {
            var error = Marshal.GetLastSystemError();
            if (error != Interrupted)
            {
                return -error;
            }
        }

        return descriptor;
    }

    [LibraryImport("libc")]
    private static partial int openat(int folder, byte* path, int flags, int mode);

    [LibraryImport("libc")]
    private static partial int statfs(byte* path, long* answer);

    [LibraryImport("libc")]
    private static partial nint pread(int descriptor, byte* block, nint length, long offset);

    [LibraryImport("libc")]
    private static partial nint write(int descriptor, byte* bytes, nint length);

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint descriptor, byte* block, nint length);
}

/// <summary>An open folder.</summary>
internal sealed class FolderHandle(int descriptor) : IDisposable
{
    public int Descriptor { get; } = descriptor;

    public void Dispose() => Posix.Close(Descriptor);
}
