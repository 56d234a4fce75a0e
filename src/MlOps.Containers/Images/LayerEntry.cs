namespace MlOps.Containers;

/// <summary>What stands in a layer under a path.</summary>
/// <param name="Path">Relative, with <c>/</c> between names: <c>app/MlOps.Serving.dll</c>. The folders around it need no entry.</param>
public abstract record LayerEntry(string Path)
{
    /// <summary>A file.</summary>
    /// <param name="Open">Its bytes, from the first on.</param>
    /// <param name="IsExecutable">Whether it may be run.</param>
    public sealed record File(string Path, Func<Stream> Open, bool IsExecutable = false) : LayerEntry(Path);

    /// <summary>A symbolic link.</summary>
    /// <param name="Target">What it points to, as a program in the container sees it.</param>
    public sealed record Link(string Path, string Target) : LayerEntry(Path);

    /// <summary>A folder, where it has to be there without a file, or anybody may write to it.</summary>
    /// <param name="IsShared">Whether anybody may write to it, and remove only what is theirs, as in <c>/tmp</c>.</param>
    public sealed record Folder(string Path, bool IsShared = false) : LayerEntry(Path);
}
