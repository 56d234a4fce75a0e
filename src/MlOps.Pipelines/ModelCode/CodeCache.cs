using System.Text.Json;
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

/// <summary>A folder of compiled code, and what it says of it.</summary>
/// <param name="Functions">What is known of functions and types, by name.</param>
/// <param name="Trainers">What trainers of the code say of themselves, by model.</param>
internal sealed record KnownFolder(string Folder, JsonObject Functions, JsonObject Trainers);

/// <summary>Models' compiled code, a folder for each state of it: <c>.mlops/code</c> of a workspace.</summary>
internal sealed class CodeCache(string root)
{
    /// <summary>The file that says what the others are; without it a folder is there for its listings only.</summary>
    private const string Contents = "code.json";

    // Going back and forth between branches compiles nothing again.
    private const int Kept = 32;

    private readonly string _all = Path.Join(root, ".mlops", "code");

    /// <summary>Whether builds use a folder, not only comparisons.</summary>
    public static bool IsBuilds(string folder) => File.Exists(Path.Join(folder, Contents));

    /// <summary>What is kept under a key, noted as used; null where there is nothing, or it is damaged.</summary>
    public KnownFolder? Find(Digest key)
    {
        var folder = Path.Join(_all, key.Hex);
        try
        {
            if (!IsBuilds(folder))
            {
                return null;
            }

            if (JsonNode.Parse(File.ReadAllBytes(Path.Join(folder, Contents))) is not JsonObject contents || contents["files"] is not JsonObject files
                || contents["functions"] is not JsonObject functions || contents["trainers"] is not JsonObject trainers
                || files.Any(file => Digest.Of(File.ReadAllBytes(Path.Join(folder, file.Key))).ToString() != file.Value?.ToString()))
            {
                return null;
            }

            // What is used is not what is removed first.
            var now = TimeProvider.System.GetUtcNow().UtcDateTime;
            if (Directory.GetLastWriteTimeUtc(folder) < now.AddHours(-1))
            {
                Directory.SetLastWriteTimeUtc(folder, now);
            }

            return new(folder, functions, trainers);
        }
        catch (Exception damaged) when (damaged is JsonException || IoFailure.Covers(damaged))
        {
            return null;
        }
    }

    /// <summary>All or nothing: whoever is first is right, the bytes are the same; what is damaged makes room.</summary>
    /// <param name="functions">What is known of functions and types; null where the code is kept for its listings only.</param>
    /// <param name="trainers">What its trainers say of themselves, asked before anybody sees the folder.</param>
    /// <returns>What is kept now; null without <paramref name="functions"/>.</returns>
    public KnownFolder? Publish(Digest key, CachedCode code, JsonObject? functions, Func<string, JsonObject>? trainers = null)
    {
        var folder = Path.Join(_all, key.Hex);
        var making = Path.Join(Directory.CreateDirectory(_all).FullName, $"making-{Environment.ProcessId}-{key.Hex[..8]}");
        Directory.CreateDirectory(making);
        try
        {
            File.WriteAllBytes(Path.Join(making, code.Name + ".dll"), code.Compiled.Image);
            File.WriteAllBytes(Path.Join(making, code.Name + ".pdb"), code.Compiled.Symbols);
            foreach (var assembly in code.Packages)
            {
                File.Copy(assembly, Path.Join(making, Path.GetFileName(assembly)), overwrite: true);
            }

            if (functions is not null)
            {
                var files = new JsonObject(Directory.EnumerateFiles(making).Order(StringComparer.Ordinal).Select(file => KeyValuePair.Create(Path.GetFileName(file), (JsonNode?)Digest.Of(File.ReadAllBytes(file)).ToString())));
                var contents = new JsonObject { ["files"] = files, ["functions"] = functions, ["trainers"] = trainers?.Invoke(making) ?? [] };
                File.WriteAllText(Path.Join(making, Contents), CanonicalJson.Indented(contents));
                if (Directory.Exists(folder) && Find(key) is null)
                {
                    Directory.Delete(folder, recursive: true);
                }
            }

            foreach (var (digest, listing) in code.Listings)
            {
                File.WriteAllText(Path.Join(making, digest.Hex + ".txt"), listing);
            }

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

        return functions is null ? null : Find(key) ?? throw new IOException($"{folder} cannot be read, though it was written just now");
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
