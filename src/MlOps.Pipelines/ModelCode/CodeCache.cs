using System.Text.Json.Nodes;
using MlOps.Code;
using MlOps.Content;

namespace MlOps.Pipelines.ModelCode;

/// <summary>What is kept of one compilation.</summary>
/// <param name="Name">The assembly's simple name.</param>
/// <param name="Compiled">It, and its symbols.</param>
/// <param name="Packages">Assemblies that it needs beside it.</param>
/// <param name="Listings">Of its functions, by digest.</param>
internal sealed record CachedCode(string Name, CompiledCode Compiled, IEnumerable<string> Packages, IReadOnlyDictionary<Digest, string> Listings);

/// <summary>Models' compiled code, a folder for each state of it: <c>.mlops/code</c> of a workspace.</summary>
internal sealed class CodeCache(string root)
{
    /// <summary>The file that keeps what is known of functions and types; where it stands, all else does.</summary>
    public const string Functions = "code.json";

    // Going back and forth between branches compiles nothing again.
    private const int Kept = 32;

    private readonly string _all = Path.Join(root, ".mlops", "code");

    public string FolderOf(Digest key) => Path.Join(_all, key.Hex);

    /// <summary>Whether a folder has all of it; noted as used then.</summary>
    public bool Has(string folder)
    {
        if (!File.Exists(Path.Join(folder, Functions)))
        {
            return false;
        }

        // What is used is not what is removed first.
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        if (Directory.GetLastWriteTimeUtc(folder) < now.AddHours(-1))
        {
            Directory.SetLastWriteTimeUtc(folder, now);
        }

        return true;
    }

    /// <summary>All or nothing: whoever is first is right, the bytes are the same.</summary>
    /// <param name="functions">What <see cref="Functions"/> says; null where it is kept for its listings only.</param>
    /// <param name="complete">Adds to the folder before anybody sees it.</param>
    public void Publish(string folder, CachedCode code, JsonObject? functions, Action<string>? complete = null)
    {
        var making = Path.Join(Directory.CreateDirectory(_all).FullName, $"making-{Environment.ProcessId}-{Path.GetFileName(folder)[..8]}");
        Directory.CreateDirectory(making);
        try
        {
            File.WriteAllBytes(Path.Join(making, code.Name + ".dll"), code.Compiled.Image);
            File.WriteAllBytes(Path.Join(making, code.Name + ".pdb"), code.Compiled.Symbols);
            foreach (var assembly in code.Packages)
            {
                File.Copy(assembly, Path.Join(making, Path.GetFileName(assembly)), overwrite: true);
            }

            foreach (var (digest, listing) in code.Listings)
            {
                File.WriteAllText(Path.Join(making, digest.Hex + ".txt"), listing);
            }

            if (functions is not null)
            {
                File.WriteAllText(Path.Join(making, Functions), CanonicalJson.Indented(functions));
            }

            complete?.Invoke(making);
            Directory.Move(making, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another build was first.
        }
        finally
        {
            if (Directory.Exists(making))
            {
                Directory.Delete(making, recursive: true);
            }
        }
    }

    /// <summary>Removes what no build used of late, and nothing that this one uses.</summary>
    /// <param name="used">Folders.</param>
    public void Prune(HashSet<string> used)
    {
        var old = TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-1);
        foreach (var folder in used.Count == 0 ? [] : new DirectoryInfo(_all).GetDirectories().OrderByDescending(known => known.LastWriteTimeUtc).Skip(Kept + used.Count)
            .Where(known => !used.Contains(known.FullName) && known.LastWriteTimeUtc < old))
        {
            folder.Delete(recursive: true);
        }
    }
}
