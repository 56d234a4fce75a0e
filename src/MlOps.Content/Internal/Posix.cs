using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

[assembly: DisableRuntimeMarshalling]
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace MlOps.Content.Internal;

/// <summary>The few system calls that the framework does not offer; Linux only, callers have a fallback.</summary>
internal static unsafe partial class Posix
{
    public const int WorkingDirectory = -100; // AT_FDCWD
    private const int NoFollow = 0x100, EmptyPath = 0x1000; // AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH
    private const uint BasicStats = 0x7ff; // STATX_BASIC_STATS
    public const int NotFound = 2, OtherFileSystem = 18, NameTooLong = 36; // ENOENT, EXDEV, ENAMETOOLONG
    private const int NotADirectory = 20, NotPermitted = 1, NoAccess = 13, Interrupted = 4, TooManyLinks = 40, TooManyLinksMac = 62;

    /// <summary>struct statx of linux/stat.h, 256 bytes.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    private struct StatxBuffer
    {
        public uint Mask, BlockSize;
        public ulong Attributes;
        public uint Links, Uid, Gid;
        public ushort Mode, Spare;
        public ulong Inode, Size, Blocks, AttributesMask;
        public long AccessSeconds;
        public uint AccessNanoseconds;
        public int Pad0;
        public long BirthSeconds;
        public uint BirthNanoseconds;
        public int Pad1;
        public long ChangeSeconds;
        public uint ChangeNanoseconds;
        public int Pad2;
        public long ModifySeconds;
        public uint ModifyNanoseconds;
        public int Pad3;
        public uint RdevMajor, RdevMinor, DevMajor, DevMinor;
    }

    public static FileStat Stat(string path, bool followLinks)
    {
        if (!OperatingSystem.IsLinux())
        {
            return Portable(path, followLinks);
        }

        var size = Encoding.UTF8.GetMaxByteCount(path.Length) + 1;
        Span<byte> bytes = size <= 512 ? stackalloc byte[size] : new byte[size];
        bytes[Encoding.UTF8.GetBytes(path, bytes)] = 0;
        fixed (byte* p = bytes)
        {
            return TryStat(WorkingDirectory, p, followLinks, out var stat) is var error && error == 0 ? stat : throw Failure(error, path);
        }
    }

    /// <summary>Looks at a NUL-terminated path below a directory handle; gives errno, 0 also for what is absent.</summary>
    public static int TryStat(int directory, byte* path, bool followLinks, out FileStat stat) =>
        TryStat(directory, path, followLinks ? 0 : NoFollow, out stat);

    /// <summary>Looks at what a descriptor leads to; gives errno.</summary>
    public static int TryStat(int descriptor, out FileStat stat)
    {
        byte nothing = 0;
        return TryStat(descriptor, &nothing, EmptyPath, out stat);
    }

    private static int TryStat(int directory, byte* path, int flags, out FileStat stat)
    {
        StatxBuffer buffer;
        while (statx(directory, path, flags, BasicStats, &buffer) != 0)
        {
            var error = Marshal.GetLastSystemError();
            if (error != Interrupted)
            {
                stat = default;
                return error is NotFound or NotADirectory ? 0 : error;
            }
        }

        var kind = (buffer.Mode & 0xf000) switch
        {
            0x8000 => FileKind.File,
            0x4000 => FileKind.Directory,
            0xa000 => FileKind.Link,
            _ => FileKind.Other,
        };
        stat = new(
            kind,
            ((ulong)buffer.DevMajor << 32) | buffer.DevMinor,
            buffer.Inode,
            (long)buffer.Size,
            (buffer.ModifySeconds * 1_000_000_000) + buffer.ModifyNanoseconds,
            (buffer.ChangeSeconds * 1_000_000_000) + buffer.ChangeNanoseconds);
        return 0;
    }

    /// <summary>The path without links, or null if it leads to nothing; says whether links lead in a circle.</summary>
    public static string? RealPath(string path, out bool loops)
    {
        loops = false;
        if (OperatingSystem.IsWindows())
        {
            FileSystemInfo info = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
            return info.Exists ? (info.ResolveLinkTarget(returnFinalTarget: true) ?? info).FullName : null;
        }

        fixed (byte* p = Encoding.UTF8.GetBytes(path + '\0'))
        {
            var resolved = realpath(p, null);
            if (resolved is not null)
            {
                var text = Marshal.PtrToStringUTF8((nint)resolved);
                NativeMemory.Free(resolved);
                return text;
            }

            var error = Marshal.GetLastSystemError();
            loops = error is TooManyLinks or TooManyLinksMac;
            return loops || error is NotFound or NotADirectory ? null : throw Failure(error, path);
        }
    }

    /// <summary>rename(2) without the copy that the framework falls back to between file systems; gives errno.</summary>
    public static int Rename(string from, string to)
    {
        fixed (byte* source = Encoding.UTF8.GetBytes(from + '\0'), target = Encoding.UTF8.GetBytes(to + '\0'))
        {
            return rename(source, target) == 0 ? 0 : Marshal.GetLastSystemError();
        }
    }

    public static void Close(int descriptor) => _ = close(descriptor);

    public static Exception Failure(int error, string path)
    {
        var text = $"{Marshal.GetPInvokeErrorMessage(error)} : '{path}'";
        return error == NotFound ? new FileNotFoundException(text, path)
            : error is NotPermitted or NoAccess ? new UnauthorizedAccessException(text) : new IOException(text, error);
    }

    private static FileStat Portable(string path, bool followLinks)
    {
        FileSystemInfo info = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
        if (info.LinkTarget is not null)
        {
            if (!followLinks)
            {
                return new(FileKind.Link, 0, 0, 0, Nanoseconds(info.LastWriteTimeUtc), 0);
            }

            info = info.ResolveLinkTarget(returnFinalTarget: true) ?? info;
        }

        return !info.Exists ? default
            : info is FileInfo file ? new(FileKind.File, 0, 0, file.Length, Nanoseconds(file.LastWriteTimeUtc), Nanoseconds(file.CreationTimeUtc))
            : new(FileKind.Directory, 0, 0, 0, Nanoseconds(info.LastWriteTimeUtc), Nanoseconds(info.CreationTimeUtc));
    }

    private static long Nanoseconds(DateTime time) => (time - DateTime.UnixEpoch).Ticks * 100;

    [LibraryImport("libc")]
    private static partial int statx(int directory, byte* path, int flags, uint mask, StatxBuffer* buffer);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial int rename(byte* from, byte* to);

    [LibraryImport("libc")]
    private static partial byte* realpath(byte* path, byte* resolved);
}
