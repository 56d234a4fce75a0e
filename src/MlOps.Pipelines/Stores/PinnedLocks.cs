using System.Globalization;
using System.Text;
using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Pipelines.Stores;

/// <summary>A lock that somebody may come back to.</summary>
/// <param name="Where">The revisions or the file that it stands in.</param>
/// <param name="Bytes">Its bytes.</param>
internal sealed record PinnedLock(string Where, ReadOnlyMemory<byte> Bytes);

/// <summary>Every lock that a branch, tag, stash, worktree or the working tree names; what only an older commit names is not among them.</summary>
internal static class PinnedLocks
{
    private const int ShownNames = 3;

    /// <summary>The distinct locks.</summary>
    /// <exception cref="DiagnosticException">MLO2140: there is a git repository, but git does not answer, so that nobody knows what its branches name.</exception>
    public static async Task<IReadOnlyList<PinnedLock>> ReadAsync(string root, CancellationToken cancellationToken)
    {
        var locks = Files([root]).ToList();
        if (await Git.RunAsync(root, cancellationToken, "rev-parse", "--show-prefix") is { } prefix)
        {
            locks.AddRange(await OfCommitsAsync(root, Text(prefix).TrimEnd('\n'), cancellationToken));
        }
        else if (IsInRepository(root))
        {
            throw Silent();
        }

        return locks;
    }

    private static async Task<IEnumerable<PinnedLock>> OfCommitsAsync(string root, string prefix, CancellationToken cancellationToken)
    {
        var refs = Lines(await AskAsync("for-each-ref", "--format=%(objectname) %(refname:short)"));
        // A stash stands below the one that refs/stash names, in its reflog; without any stash git fails.
        var stashes = Lines(await Git.RunAsync(root, cancellationToken, "log", "--walk-reflogs", "--format=%H %gd", "refs/stash", "--") ?? []);
        var worktrees = Lines(await AskAsync("worktree", "list", "--porcelain"));
        var heads = worktrees.Where(line => line.StartsWith("HEAD ", StringComparison.Ordinal)).Select(line => $"{line[5..]} HEAD");
        var path = prefix + BuildEngine.LockName;
        // One lock stands in many revisions; the blob's name tells.
        var asked = refs.Concat(stashes).Concat(heads).Append("MERGE_HEAD MERGE_HEAD")
            .Select(line => line.Split(' ', 2)).Select(parts => (Object: $"{parts[0]}:{path}", Name: parts[1])).Append((Object: $":{path}", Name: "the index")).ToList();
        var found = Lines(await AskAsync("cat-file", "--batch-check", input: string.Concat(asked.Select(ask => ask.Object + "\n"))));
        var blobs = asked.Zip(found, (ask, line) => (ask.Name, Blob: line.Split(' ') is [var id, "blob", _] ? id : null))
            .Where(item => item.Blob is not null).ToLookup(item => item.Blob!, item => item.Name);
        var bytes = await AskAsync("cat-file", "--batch", input: string.Concat(blobs.Select(blob => blob.Key + "\n")));
        return Split(bytes).Zip(blobs, (content, blob) => new PinnedLock(Names(blob), content))
            .Concat(Files(worktrees.Where(line => line.StartsWith("worktree ", StringComparison.Ordinal)).Select(line => Path.Combine(line[9..], prefix)).Where(folder => Path.GetFullPath(folder).TrimEnd('/') != root.TrimEnd('/'))));

        async Task<byte[]> AskAsync(string command, string argument, string? third = null, string? input = null) =>
            await Git.RunAsync(root, input, cancellationToken, third is null ? [command, argument] : [command, argument, third]) ?? throw Silent();
    }

    private static IEnumerable<PinnedLock> Files(IEnumerable<string> folders)
    {
        foreach (var file in folders.Select(folder => Path.Combine(folder, BuildEngine.LockName)).Where(File.Exists))
        {
            yield return new(file, File.ReadAllBytes(file));
        }
    }

    /// <summary>The contents out of what <c>cat-file --batch</c> prints: a line with name, kind and length, the bytes, a line feed.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Split(byte[] printed)
    {
        for (var at = 0; at < printed.Length;)
        {
            var end = Array.IndexOf(printed, (byte)'\n', at);
            var length = int.Parse(Encoding.ASCII.GetString(printed, at, end - at).Split(' ')[2], CultureInfo.InvariantCulture);
            yield return printed.AsMemory(end + 1, length);
            at = end + 1 + length + 1;
        }
    }

    private static bool IsInRepository(string root)
    {
        for (var folder = new DirectoryInfo(root); folder is not null; folder = folder.Parent)
        {
            if (Path.Exists(Path.Combine(folder.FullName, ".git")))
            {
                return true;
            }
        }

        return false;
    }

    private static string Names(IEnumerable<string> names)
    {
        var all = names.Distinct().ToList();
        return string.Join(", ", all.Take(ShownNames)) + (all.Count > ShownNames ? $" and {all.Count - ShownNames} more" : "");
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static string[] Lines(byte[] bytes) => Text(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static DiagnosticException Silent() => new(new Diagnostic("MLO2140", "git does not answer")
    {
        Why = "this is a git repository, but without git nobody knows what its branches, tags and stashes name, so nothing is removed",
        Mend = "install git, or let it answer here: git for-each-ref",
    });
}
