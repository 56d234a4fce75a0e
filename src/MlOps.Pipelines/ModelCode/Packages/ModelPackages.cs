using MlOps.Content;

namespace MlOps.Pipelines.ModelCode.Packages;

/// <summary>The packages of models' code: resolved once for each state of declaration and lock, kept under <c>.mlops/packages</c>.</summary>
internal static class ModelPackages
{
    /// <summary>What reviewers see of them, in NuGet's own format: each package with its version and the hash of its content.</summary>
    public const string Lock = "models/packages.lock.json";

    /// <summary>All files that decide which packages there are.</summary>
    public static readonly IReadOnlyList<string> Files = [PackageDeclaration.File, Lock, "models/NuGet.config"];

    private const string Format = "1";

    // Going back and forth between branches restores nothing again.
    private const int Kept = 8;

    /// <summary>All packages that the code of models may use.</summary>
    /// <param name="root">The workspace.</param>
    /// <param name="observe">Told each file before it is read.</param>
    /// <param name="isSound">Whether the files have to be there as well, because something is compiled against them.</param>
    /// <param name="cancellationToken">Ends a restore.</param>
    /// <exception cref="DiagnosticException">The declaration is wrong, or a package cannot be had (MLO8360 to MLO8373).</exception>
    public static async Task<PackageClosure> ResolveAsync(string root, Action<string> observe, bool isSound, CancellationToken cancellationToken)
    {
        var declared = PackageDeclaration.Read(root, observe);
        if (declared.Count == 0)
        {
            return PackageClosure.Empty;
        }

        var all = Path.Join(root, ".mlops", "packages");
        while (true)
        {
            var pinned = Pinned(root);
            var folder = Path.Join(all, Key(declared, pinned));
            var known = PackageClosure.TryRead(folder);
            if (known is null || isSound && !known.IsSound)
            {
                pinned = await new PackageRestore(root, all, declared).RunAsync(pinned, restored => Path.Join(all, Key(declared, restored)), cancellationToken);
                known = PackageClosure.TryRead(Path.Join(all, Key(declared, pinned))) ?? throw new IOException($"{all} cannot be read, though it was written just now");
                Prune(all);
            }

            // Only now: the restore may have written it. If it is another by now, so are the packages.
            observe(Lock);
            if (pinned is not null && Pinned(root).AsSpan().SequenceEqual(pinned))
            {
                return known;
            }
        }
    }

    private static byte[]? Pinned(string root) => Path.Join(root, Lock) is var path && File.Exists(path) ? File.ReadAllBytes(path) : null;

    private static string Key(IEnumerable<DeclaredPackage> declared, byte[]? pinned) =>
        Digest.Of($"{Format} {PackageRestore.Framework}\n{string.Join('\n', declared.Select(package => $"{package.Name.ToLowerInvariant()} {package.Version}"))}\n{(pinned is null ? "" : Digest.Of(pinned))}").Hex;

    private static void Prune(string all)
    {
        foreach (var old in new DirectoryInfo(all).GetDirectories().OrderByDescending(known => known.LastWriteTimeUtc).Skip(Kept).Where(known => known.LastWriteTimeUtc < TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-1)))
        {
            old.Delete(recursive: true);
        }
    }
}
