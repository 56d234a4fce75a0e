using MlOps.Content;

namespace MlOps.Pipelines.Scores;

/// <summary>Where predictions go: a file that is replaced as a whole, or a pipe or device that is written into.</summary>
internal static class ScoreTarget
{
    /// <exception cref="DiagnosticException">It is a folder, or the data.</exception>
    public static void Check(string path, string data)
    {
        var there = FileStat.Of(Path.GetFullPath(path));
        if (there.Kind == FileKind.Directory)
        {
            throw new DiagnosticException(new Diagnostic("MLO2240", $"'{path}' is a folder") { Mend = $"name a file in it: --out {Path.TrimEndingDirectorySeparator(path)}/predictions.csv" });
        }

        if (IsSame(there, FileStat.Of(Path.GetFullPath(data)), path, data))
        {
            throw new DiagnosticException(new Diagnostic("MLO2183", "the predictions would replace the data") { Where = data, Mend = "choose another file: --out FILE" });
        }
    }

    /// <summary>Writes it. A link stays, what it leads to is written; a file is as it was until all is there.</summary>
    /// <param name="path">The target.</param>
    /// <param name="write">Writes the predictions.</param>
    /// <param name="temporaryFolder">Where a file's bytes are gathered.</param>
    public static void Write(string path, Action<Stream> write, string temporaryFolder)
    {
        path = Path.GetFullPath(path);
        if (FileStat.Of(path).Kind == FileKind.Other)
        {
            using var direct = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            write(direct);
        }
        else
        {
            var link = new FileInfo(path) is { LinkTarget: not null } found ? found.ResolveLinkTarget(returnFinalTarget: true) : null;
            AtomicFile.Write(link?.FullName ?? path, write, temporaryFolder);
        }
    }

    // One file may have many paths; where there are no inodes, the path is all there is.
    private static bool IsSame(FileStat one, FileStat other, string path, string otherPath) => one.Kind == FileKind.File
        && (one.Inode != 0 ? (one.Device, one.Inode) == (other.Device, other.Inode) : Path.GetFullPath(path).Equals(Path.GetFullPath(otherPath), StringComparison.Ordinal));
}
