namespace MlOps.Content;

/// <summary>The digests of a workspace's files, remembered by their stats so that an unchanged file is not read again.</summary>
/// <remarks>Not safe for concurrent use by threads. Saved atomically; a missing or damaged index costs time, never correctness.</remarks>
public sealed class StatIndex(string root, string path, bool rehash = false)
{
    /// <summary>Who wants to know every stat that an answer came from.</summary>
    public BuildMirror? Mirror { get; set; }

    /// <summary>The identity of a file, or null if nothing is there.</summary>
    /// <exception cref="DiagnosticException">It is a directory, a device, a loop of links, a link that leaves the workspace, or unreadable.</exception>
    public FileIdentity? Identify(WorkspacePath file) => throw new NotImplementedException(root + path + rehash);

    /// <summary>The digest of a file, or of a directory as in-toto's dirHash; null if nothing is there.</summary>
    /// <exception cref="DiagnosticException">As for <see cref="Identify"/>, for any file below a directory.</exception>
    public Digest? DigestOf(WorkspacePath fileOrDirectory) => throw new NotImplementedException();

    /// <summary>Writes the index if anything was learnt; gives up silently where it may not write, because it only saves time.</summary>
    public void Save() => throw new NotImplementedException();
}
