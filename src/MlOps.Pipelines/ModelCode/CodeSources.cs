namespace MlOps.Pipelines.ModelCode;

/// <summary>The C# files of a model: those of its folder, and those that all models share.</summary>
internal static class CodeSources
{
    /// <summary>The folder of what all models share, relative to the workspace.</summary>
    public const string Shared = "models/shared";

    /// <summary>Paths relative to the workspace, in ordinal order. Links to folders, hidden folders and what compilers leave (<c>bin</c>, <c>obj</c>) are passed over.</summary>
    /// <param name="root">The workspace.</param>
    /// <param name="folder">The model's folder relative to it.</param>
    /// <param name="observe">Told each folder and file before it is read.</param>
    public static IReadOnlyList<string> Of(string root, string folder, Action<string> observe)
    {
        var files = new List<string>();
        Walk(root, folder, observe, files);
        Walk(root, Shared, observe, files);
        files.Sort(StringComparer.Ordinal);
        return files;
    }

    private static void Walk(string root, string folder, Action<string> observe, List<string> files)
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
                files.Add(path);
            }
            else if (entry is DirectoryInfo && entry.LinkTarget is null && !entry.Name.StartsWith('.') && entry.Name is not ("bin" or "obj"))
            {
                Walk(root, path, observe, files);
            }
        }
    }
}
