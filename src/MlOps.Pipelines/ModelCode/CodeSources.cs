using MlOps.Content;

namespace MlOps.Pipelines.ModelCode;

/// <summary>The C# files of a model: those of its folder, and those that all models share.</summary>
internal static class CodeSources
{
    /// <summary>The folder of what all models share, relative to the workspace.</summary>
    public const string Shared = "models/shared";

    /// <summary>The files by their paths relative to the workspace. Links to folders, hidden folders and what compilers leave (<c>bin</c>, <c>obj</c>) are passed over.</summary>
    /// <param name="root">The workspace.</param>
    /// <param name="folder">The model's folder relative to it.</param>
    /// <param name="observe">Told each folder and file before it is read.</param>
    /// <exception cref="DiagnosticException">A file is a link to outside of the workspace, or to nothing (MLO2272).</exception>
    public static IReadOnlyDictionary<string, byte[]> Read(string root, string folder, Action<string> observe)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        Walk(root, folder, observe, files);
        Walk(root, Shared, observe, files);
        return files;
    }

    private static void Walk(string root, string folder, Action<string> observe, SortedDictionary<string, byte[]> files)
    {
        // A folder that is not there may appear.
        observe(folder);
        var there = new DirectoryInfo(Path.Join(root, folder));
        foreach (var entry in there.Exists ? there.EnumerateFileSystemInfos() : [])
        {
            var path = $"{folder}/{entry.Name}";
            if (entry is FileInfo && entry.Extension == ".cs")
            {
                observe(path);
                files[path] = File.ReadAllBytes(Inside(root, path, (FileInfo)entry));
            }
            else if (entry is DirectoryInfo && entry.LinkTarget is null && !entry.Name.StartsWith('.') && entry.Name is not ("bin" or "obj"))
            {
                Walk(root, path, observe, files);
            }
        }
    }

    /// <summary>What others do not have is no part of the workspace.</summary>
    private static string Inside(string root, string path, FileInfo file) => file.LinkTarget is not { } target ? file.FullName
        : file.ResolveLinkTarget(returnFinalTarget: true) is { Exists: true } real && !Path.GetRelativePath(root, real.FullName).StartsWith("..", StringComparison.Ordinal) ? file.FullName
        : throw new DiagnosticException(new Diagnostic("MLO2272", $"'{path}' is a link to outside of the workspace, or to nothing")
        {
            Where = path,
            Why = $"it points to {target}, which other clones need not have",
            Mend = "copy the file into the workspace",
        });
}
