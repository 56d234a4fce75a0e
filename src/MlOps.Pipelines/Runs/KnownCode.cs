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
                : Compiled(digest) is { } folder ? CodeListing.TryParse(File.ReadAllText(Path.Join(folder, digest.Hex + ".txt")), digest)
                : null;
        }
        catch (Exception failure) when (IoFailure.Covers(failure))
        {
            return null;
        }
    }

    /// <summary>The source files of a model's function, as they were when it had the digest; none where they are not known.</summary>
    public IReadOnlyDictionary<string, string> Sources(Digest digest)
    {
        try
        {
            if (Compiled(digest) is { } folder && Directory.EnumerateFiles(folder, "*.pdb").FirstOrDefault() is { } file)
            {
                using var symbols = new CodeSymbols(File.ReadAllBytes(file));
                return symbols.Sources();
            }
        }
        catch (Exception failure) when (IoFailure.Covers(failure) || failure is BadImageFormatException)
        {
            // As if it were gone.
        }

        return new Dictionary<string, string>();
    }

    /// <summary>The folder where models' code of a digest was compiled.</summary>
    private string? Compiled(Digest digest) => !Directory.Exists(_folder) ? null
        : Directory.EnumerateDirectories(_folder).FirstOrDefault(folder => File.Exists(Path.Join(folder, digest.Hex + ".txt")));

    private string FileOf(Digest digest) => Path.Join(_folder, digest.Hex + ".txt");
}
