using MlOps.Content.Internal;

namespace MlOps.Content;

/// <summary>What a path leads to.</summary>
public enum FileKind
{
    /// <summary>Nothing.</summary>
    Absent,

    /// <summary>A regular file.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link (only where links are not followed).</summary>
    Link,

    /// <summary>A device, socket or pipe.</summary>
    Other,
}

/// <summary>The few numbers by which an unchanged file is known without reading it.</summary>
/// <param name="Kind">What the path leads to; all other numbers are 0 if it is absent.</param>
/// <param name="Device">The file system.</param>
/// <param name="Inode">The file's number within it.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">mtime, nanoseconds since 1970.</param>
/// <param name="Changed">ctime, nanoseconds since 1970; the user cannot set it, so it betrays an edit whose mtime was restored.</param>
public readonly record struct FileStat(FileKind Kind, ulong Device, ulong Inode, long Size, long Modified, long Changed)
{
    /// <summary>Beyond this age a file's stat betrays every change, but on file systems that count whole seconds; kernels tick every 1 to 10 ms.</summary>
    public static readonly TimeSpan Granularity = TimeSpan.FromMilliseconds(21);

    /// <summary>Whether a change shortly after <paramref name="observedAt"/> (ns since 1970) could leave these numbers as they are,
    /// because clocks of file systems tick coarsely.</summary>
    public bool IsRacy(long observedAt)
    {
        // A user may set a file's mtime far into the future; no write at this moment gives that time, so it tells as much as any other.
        var latest = Modified - observedAt > 2_000_000_000 ? Changed : Math.Max(Modified, Changed);
        // A whole second betrays a file system that counts seconds (or, on FAT, pairs of them); kernels tick every 1 to 10 ms.
        var granularity = latest % 1_000_000_000 == 0 ? 2_000_000_000 : 20_000_000;
        return Kind is not FileKind.Absent && latest + granularity >= observedAt;
    }

    /// <summary>Whether all numbers are the same.</summary>
    public bool Equals(FileStat other) =>
        Kind == other.Kind && Device == other.Device && Inode == other.Inode && Size == other.Size && Modified == other.Modified && Changed == other.Changed;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Inode, Size, Modified, Changed);

    /// <summary>The stat of what a path leads to; <see cref="FileKind.Absent"/> if there is nothing, or a link to nothing.</summary>
    /// <exception cref="IOException">The path cannot be looked at, for instance because of a loop of links.</exception>
    /// <exception cref="UnauthorizedAccessException">A directory on the way may not be searched.</exception>
    public static FileStat Of(string path) => Posix.Stat(path, followLinks: true);

    /// <summary>The stat of a path itself, a link included.</summary>
    /// <inheritdoc cref="Of"/>
    public static FileStat OfLink(string path) => Posix.Stat(path, followLinks: false);

    /// <summary>Now, in nanoseconds since 1970, as stats count it.</summary>
    public static long Now => (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
}
