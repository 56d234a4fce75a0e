using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;

namespace MlOps.Pipelines.ModelCode.Packages;

/// <summary>An assembly of a package.</summary>
/// <param name="Name">Its file's name.</param>
/// <param name="Digest">Its bytes.</param>
internal sealed record PackageAssembly(string Name, Digest Digest);

/// <summary>A package that was resolved.</summary>
/// <param name="Name">As NuGet knows it.</param>
/// <param name="Version">The version that it was resolved to.</param>
/// <param name="Dependencies">Names of the packages that it needs.</param>
/// <param name="Compile">What code is compiled against.</param>
/// <param name="Runtime">What is loaded.</param>
internal sealed record ResolvedPackage(string Name, string Version, IReadOnlyList<string> Dependencies, IReadOnlyList<PackageAssembly> Compile, IReadOnlyList<PackageAssembly> Runtime);

/// <summary>The declared packages with all that they need, their assemblies in a folder of the workspace.</summary>
/// <param name="folder">Where they lie: <c>ref</c> what is compiled against, <c>lib</c> what is loaded.</param>
/// <param name="packages">In ordinal order of names.</param>
internal sealed class PackageClosure(string folder, IReadOnlyList<ResolvedPackage> packages)
{
    /// <summary>The folders of what is compiled against and of what is loaded; the file that says what is in them.</summary>
    public const string Compile = "ref", Runtime = "lib", File = "packages.json";

    private const int ShownDigits = 16;

    public static PackageClosure Empty { get; } = new("", []);

    /// <summary>What the assemblies are compiled against.</summary>
    public IEnumerable<string> References => packages.SelectMany(package => package.Compile).Select(assembly => Path.Join(folder, Compile, assembly.Name));

    /// <summary>A line for each package, with what it needs, and for each assembly: what compiling and fingerprints depend on.</summary>
    public string Text => string.Join('\n', packages.SelectMany(package => package.Compile.Concat(package.Runtime).Select(assembly => $"{assembly.Digest.Hex} {assembly.Name}")
        .Prepend($"{Described(package)} {string.Join(' ', package.Dependencies)}")));

    /// <summary>By simple name of assembly, what counts when code reaches it: its package, and all that this may call.</summary>
    public IReadOnlyDictionary<string, string> Names => packages
        .SelectMany(package => package.Compile.Concat(package.Runtime).Select(assembly => (Assembly: Path.GetFileNameWithoutExtension(assembly.Name), Package: package)))
        .DistinctBy(of => of.Assembly, StringComparer.Ordinal)
        .ToDictionary(of => of.Assembly, of => string.Join(", ", With([of.Package]).Select(Described)), StringComparer.Ordinal);

    /// <summary>The files that code has to have beside it: assemblies of the packages that it refers to, and of those that they need.</summary>
    /// <param name="image">The compiled code.</param>
    public IEnumerable<string> LoadedBy(byte[] image)
    {
        using var file = new PEReader([.. image]);
        var reader = file.GetMetadataReader();
        var referred = reader.AssemblyReferences.Select(handle => reader.GetString(reader.GetAssemblyReference(handle).Name)).ToHashSet(StringComparer.Ordinal);
        return With(packages.Where(package => package.Compile.Concat(package.Runtime).Any(assembly => referred.Contains(Path.GetFileNameWithoutExtension(assembly.Name)))))
            .SelectMany(package => package.Runtime).Select(assembly => Path.Join(folder, Runtime, assembly.Name));
    }

    /// <summary>Whether all bytes are as they were when the packages were resolved.</summary>
    public bool IsSound => packages.SelectMany(package => package.Compile.Select(assembly => (Compile, assembly)).Concat(package.Runtime.Select(assembly => (Runtime, assembly))))
        .All(kept => Path.Join(folder, kept.Item1, kept.assembly.Name) is var path && System.IO.File.Exists(path) && Digest.Of(System.IO.File.ReadAllBytes(path)) == kept.assembly.Digest);

    /// <summary>As the folder keeps it.</summary>
    public static JsonObject ToJson(IEnumerable<ResolvedPackage> packages) => new(packages.Select(package => KeyValuePair.Create(package.Name, (JsonNode?)new JsonObject
    {
        ["compile"] = Json(package.Compile),
        ["dependencies"] = new JsonArray([.. package.Dependencies.Select(name => (JsonNode)name)]),
        ["runtime"] = Json(package.Runtime),
        ["version"] = package.Version,
    })));

    /// <summary>What lies in a folder; null where nothing does, or nobody can read what.</summary>
    public static PackageClosure? TryRead(string folder)
    {
        try
        {
            return System.IO.File.Exists(Path.Join(folder, File)) ? FromFolder(folder) : null;
        }
        catch (Exception damaged) when (damaged is JsonException or NullReferenceException or InvalidOperationException or FormatException || IoFailure.Covers(damaged))
        {
            return null;
        }
    }

    private static PackageClosure FromFolder(string folder) => new(folder, [.. JsonNode.Parse(System.IO.File.ReadAllBytes(Path.Join(folder, File)))!.AsObject().Select(package => new ResolvedPackage(
        package.Key,
        (string)package.Value!["version"]!,
        [.. package.Value["dependencies"]!.AsArray().Select(name => (string)name!)],
        Assemblies(package.Value["compile"]!),
        Assemblies(package.Value["runtime"]!))).OrderBy(package => package.Name, StringComparer.Ordinal)]);

    /// <summary>The version says which one people mean, the digest which one it is.</summary>
    private static string Described(ResolvedPackage package) =>
        $"{package.Name} {package.Version} ({Digest.Of(string.Join('\n', package.Runtime.Select(assembly => $"{assembly.Digest.Hex}  {assembly.Name}"))).Hex[..ShownDigits]})";

    private IEnumerable<ResolvedPackage> With(IEnumerable<ResolvedPackage> some)
    {
        var pending = new Queue<ResolvedPackage>(some);
        var seen = new HashSet<ResolvedPackage>(pending, ReferenceEqualityComparer.Instance);
        while (pending.TryDequeue(out var package))
        {
            yield return package;
            foreach (var needed in packages.Where(needed => package.Dependencies.Contains(needed.Name, StringComparer.OrdinalIgnoreCase)).Where(seen.Add))
            {
                pending.Enqueue(needed);
            }
        }
    }

    private static JsonObject Json(IEnumerable<PackageAssembly> assemblies) => new(assemblies.Select(assembly => KeyValuePair.Create(assembly.Name, (JsonNode?)assembly.Digest.ToString())));

    private static IReadOnlyList<PackageAssembly> Assemblies(JsonNode json) => [.. json.AsObject().Select(assembly => new PackageAssembly(assembly.Key, Digest.Parse((string)assembly.Value!)))];
}
