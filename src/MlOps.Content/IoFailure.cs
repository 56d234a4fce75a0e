namespace MlOps.Content;

/// <summary>Turns lost input and output into what a user can mend.</summary>
public static class IoFailure
{
    private const int NoSpace = 28, DiskQuota = 122, ReadOnlyFileSystem = 30, WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Whether <see cref="Describe"/> has words for an exception.</summary>
    public static bool Covers(Exception exception) => exception is IOException or UnauthorizedAccessException;

    /// <summary>The diagnostic of an <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="root">The workspace, whose path is left out of the text; may be null.</param>
    public static Diagnostic Describe(Exception exception, string? root = null)
    {
        var why = root is null ? exception.Message : exception.Message.Replace(root.TrimEnd('/') + "/", "", StringComparison.Ordinal);
        return exception switch
        {
            _ when exception.HResult is NoSpace or DiskQuota or WindowsDiskFull || why.StartsWith("No space left", StringComparison.Ordinal) =>
                new("MLO1101", "the disk is full") { Why = why, Mend = "free some space and run the same command again; nothing was lost" },
            _ when exception.HResult == ReadOnlyFileSystem || why.StartsWith("Read-only file system", StringComparison.Ordinal) =>
                new("MLO1102", "the file system cannot be written") { Why = why, Mend = "copy the workspace to a place that you may write" },
            UnauthorizedAccessException =>
                new("MLO1103", "access is denied") { Why = why, Mend = "give yourself the right to read and write there, or work on a copy of your own" },
            FileNotFoundException or DirectoryNotFoundException =>
                new("MLO1104", "a file is missing") { Why = why, Mend = "restore it, or change the declaration that names it" },
            _ => new("MLO1105", "a file cannot be read or written") { Why = why, Mend = "look at the disk, and run the same command again" },
        };
    }
}
