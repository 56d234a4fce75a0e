using MlOps.Code;
using MlOps.Content;
using MlOps.Pipelines.ModelCode;

namespace MlOps.Pipelines.Runs;

/// <summary>The listings of code that the lock named on this machine, by digest: <c>.mlops/code</c>. They only help people to understand; any of them may be gone.</summary>
/// <param name="root">The workspace.</param>
/// <param name="current">The listings of the product at hand.</param>
internal sealed class KnownCode(string root, IReadOnlyDictionary<Digest, Func<string>> current)
{
    private const int Most = 200;

    private readonly string _folder = Path.Join(root, ".mlops", "code");
    private readonly Dictionary<Digest, string?> _settled = [];

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

    /// <summary>The source files of a model's function: those that were settled, else those that were compiled to the digest last; none where they are not known.</summary>
    public IReadOnlyDictionary<string, string> Sources(Digest digest) =>
        _settled.TryGetValue(digest, out var settled) && settled is null || Compiled(digest) is not { } folder ? new Dictionary<string, string>() : SourcesIn(folder);

    /// <summary>Settles which sources a digest is to mean here, as many may compile to it; false where no compilation of these is known to have given it. The first stay.</summary>
    public bool Settle(Digest digest, IReadOnlyDictionary<string, string> sources)
    {
        if (_settled.ContainsKey(digest))
        {
            return true;
        }

        // Beside them stand those that the compiler is given or makes.
        var found = Folders(digest).FirstOrDefault(folder => SourcesIn(folder).Where(file => file.Key.StartsWith("models/", StringComparison.Ordinal)).ToList() is var known
            && known.Count == sources.Count && known.All(file => sources.GetValueOrDefault(file.Key) == file.Value));
        return found is not null && _settled.TryAdd(digest, found);
    }

    /// <summary>Settles that nobody knows the sources that a digest is to mean.</summary>
    public void SettleUnknown(Digest digest) => _settled.TryAdd(digest, null);

    private static IReadOnlyDictionary<string, string> SourcesIn(string folder)
    {
        try
        {
            if (Directory.EnumerateFiles(folder, "*.pdb").FirstOrDefault() is { } file)
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

    private string? Compiled(Digest digest) => _settled.GetValueOrDefault(digest) ?? Folders(digest).FirstOrDefault();

    /// <summary>The folders where models' code of a digest was compiled: those that builds use before those that were only compared with, then the latest first.</summary>
    private IEnumerable<string> Folders(Digest digest) => !Directory.Exists(_folder) ? []
        : Directory.EnumerateDirectories(_folder).Where(folder => File.Exists(Path.Join(folder, digest.Hex + ".txt")))
            .OrderByDescending(folder => CodeCache.IsBuilds(folder)).ThenByDescending(Directory.GetLastWriteTimeUtc);

    private string FileOf(Digest digest) => Path.Join(_folder, digest.Hex + ".txt");
}
