using MlOps.Code;
using MlOps.Content;

namespace MlOps.Pipelines.Runs;

/// <summary>The listings of code that the lock named on this machine, by digest: <c>.mlops/code</c>. They only help people to understand; any of them may be gone.</summary>
/// <param name="root">The workspace.</param>
/// <param name="current">The listings of the product at hand.</param>
internal sealed class KnownCode(string root, IReadOnlyDictionary<Digest, Func<string>> current)
{
    private const int Most = 200;

    private readonly string _folder = Path.Join(root, ".mlops", "code");

    /// <summary>Keeps the listings at hand, for the day when they are no more.</summary>
    public void Keep()
    {
        var isNew = false;
        foreach (var (digest, text) in current.Where(listing => !File.Exists(FileOf(listing.Key))))
        {
            try
            {
                Directory.CreateDirectory(_folder);
                AtomicFile.Write(FileOf(digest), System.Text.Encoding.UTF8.GetBytes(text()));
                isNew = true;
            }
            catch (Exception failure) when (IoFailure.Covers(failure))
            {
                // What explains a build must not fail it.
                return;
            }
        }

        if (isNew)
        {
            foreach (var old in new DirectoryInfo(_folder).GetFiles("*.txt").OrderByDescending(file => file.LastWriteTimeUtc).Skip(Most))
            {
                old.Delete();
            }
        }
    }

    /// <summary>The listing of a digest; null if this machine has never had it, or has it no more.</summary>
    public CodeListing? Find(Digest digest)
    {
        try
        {
            return current.TryGetValue(digest, out var text) ? CodeListing.TryParse(text(), digest)
                : File.Exists(FileOf(digest)) ? CodeListing.TryParse(File.ReadAllText(FileOf(digest)), digest)
                : null;
        }
        catch (Exception failure) when (IoFailure.Covers(failure))
        {
            return null;
        }
    }

    private string FileOf(Digest digest) => Path.Join(_folder, digest.Hex + ".txt");
}
