using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using MlOps.Content.Internal;

namespace MlOps.Content;

/// <summary>Directories: the listing is an object like any other, the files it names are objects, too.</summary>
public sealed partial class ContentStore
{
    private const int MostThreads = 8;

    /// <summary>Keeps a directory by moving its files into the store; the folders stay. It must lie on the store's file system and have no other writer.</summary>
    /// <returns>The digest of its listing, which is in-toto's dirHash.</returns>
    /// <exception cref="DiagnosticException">MLO1117: something below it is neither file nor directory.</exception>
    public Digest AdoptTree(string folder)
    {
        var entries = new List<TreeEntry>();
        foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories))
        {
            switch (FileStat.OfLink(path).Kind)
            {
                case FileKind.Directory:
                    break;
                case FileKind.File:
                    entries.Add(new(Path.GetRelativePath(folder, path), Adopt(path).Sha256));
                    break;
                default:
                    throw new DiagnosticException(new Diagnostic("MLO1117", "a directory holds something that is neither file nor directory")
                    {
                        Where = Path.GetRelativePath(folder, path),
                        Why = "links, pipes and devices are not the same on another machine",
                        Mend = "write files only",
                    });
            }
        }

        return Put(TreeListing.Of(entries).Bytes.Span).Sha256;
    }

    /// <summary>Keeps copies of the files of a directory, and its listing; what is there already is not copied again. Files are taken side by side.</summary>
    /// <param name="folder">The directory.</param>
    /// <param name="listing">What is below it.</param>
    /// <returns>The digest of the listing.</returns>
    /// <exception cref="DiagnosticException">MLO1131: a file is not what the listing says; of several, the first.</exception>
    public Digest PutTree(string folder, TreeListing listing)
    {
        ArgumentNullException.ThrowIfNull(listing);
        ForEachFile(listing, entry =>
        {
            if (!Contains(entry.Content) && PutFile(Path.Join(folder, entry.Path)).Sha256 != entry.Content)
            {
                throw new DiagnosticException(new Diagnostic("MLO1131", "a file changed while it was taken into the store")
                {
                    Where = Path.Join(folder, entry.Path),
                    Mend = "wait until its writer has finished, then run the same command again",
                });
            }
        });
        return Put(listing.Bytes.Span).Sha256;
    }

    /// <summary>Makes a directory what a listing says: files that have the right content stay, the others are replaced one by one, each atomically.
    /// Links below it are not followed.</summary>
    /// <param name="listing">The digest of the listing.</param>
    /// <param name="folder">The directory; it is made where it is missing.</param>
    /// <param name="removeOthers">Whether files and links that the listing does not name are removed, also those that stand in the way.</param>
    /// <returns>False, with nothing touched, if the listing or one of its objects is absent or damaged.</returns>
    /// <exception cref="DiagnosticException">MLO1133: a link, a file or a folder stands in the way; nothing is touched.</exception>
    public bool CopyTreeTo(Digest listing, string folder, bool removeOthers = false)
    {
        if (TryReadTree(listing) is not { } tree || !tree.Entries.All(entry => Check(entry.Content)))
        {
            return false;
        }

        var target = new TreeTarget(folder, removeOthers);
        target.Check(tree);
        Directory.CreateDirectory(folder);
        foreach (var entry in tree.Entries)
        {
            var path = target.MakeWay(entry.Path);
            if ((FileStat.OfLink(path).Kind != FileKind.File || FileIdentity.OfFile(path).Sha256 != entry.Content) && !CopyTo(entry.Content, path))
            {
                return false;
            }
        }

        target.RemoveOthers(tree);
        return true;
    }

    /// <summary>Whether an object is there, and for a directory all its files, by stats; their bytes are not checked, but a listing is.</summary>
    public bool Contains(ContentRef content) =>
        !content.IsTree ? Contains(content.Content) : TryReadTree(content.Content) is { } tree && tree.Entries.All(entry => Contains(entry.Content));

    /// <summary>As <see cref="Check(Digest)"/>, for a directory with all its files.</summary>
    public bool Check(ContentRef content) =>
        !content.IsTree ? Check(content.Content) : TryReadTree(content.Content) is { } tree && tree.Entries.All(entry => Check(entry.Content));

    /// <summary>A directory's listing, checked; null if it is absent, damaged or no listing.</summary>
    public TreeListing? TryReadTree(Digest listing) => TryRead(listing) is { } bytes ? TreeListing.TryParse(bytes) : null;

    /// <summary>Every object that some content consists of: itself, and for a directory its files, each once. A listing that is not here stands alone.</summary>
    public IEnumerable<Digest> ObjectsOf(ContentRef content) =>
        !content.IsTree ? [content.Content] : (TryReadTree(content.Content)?.Entries.Select(entry => entry.Content) ?? []).Prepend(content.Content).Distinct();

    /// <summary>Does something with every file on several threads; the first failure in the listing's order ends it, whichever thread meets it.</summary>
    private static void ForEachFile(TreeListing listing, Action<TreeEntry> work)
    {
        var entries = listing.Entries;
        var failures = new ConcurrentDictionary<long, ExceptionDispatchInfo>();
        var result = Parallel.For(0L, entries.Count, new() { MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, MostThreads) }, (at, loop) =>
        {
            try
            {
                work(entries[(int)at]);
            }
            catch (Exception e) when (e is DiagnosticException || IoFailure.Covers(e))
            {
                failures[at] = ExceptionDispatchInfo.Capture(e);
                // Those before it are still done.
                loop.Break();
            }
        });
        if (result.LowestBreakIteration is { } first)
        {
            failures[first].Throw();
        }
    }
}
