namespace MlOps.Content;

/// <summary>A remembered answer "nothing to do" and the stats of everything it depended on.</summary>
/// <remarks>Answers are per key (target and arguments). Reading one costs one small file and one stat per dependency; nothing else of the product need be loaded.
/// A file recorded as absent must still be absent. Paths may be relative to the workspace or absolute.</remarks>
public sealed class BuildMirror(string root)
{
    /// <summary>The payload given to <see cref="Save"/>, if everything is as it was; else null. Never throws for a missing, foreign or damaged mirror.</summary>
    public static byte[]? TryAnswer(string root, string key) => throw new NotImplementedException();

    /// <summary>Takes the stat of a path now; call it before the content is read. Absent paths count too. A directory's stat betrays added and removed entries.</summary>
    public void Observe(string path) => throw new NotImplementedException(root);

    /// <summary>Takes note that a path exists or not and how long it is; for files that never change under their name, such as store objects.</summary>
    public void ObserveExistence(string path) => throw new NotImplementedException();

    /// <summary>Remembers the answer of a key, unless some file is too young to be trusted. Gives up silently where it may not write.</summary>
    public void Save(string key, ReadOnlySpan<byte> payload) => throw new NotImplementedException();
}
