using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MlOps.Content;

namespace MlOps.Pipelines.ModelCode.Packages;

/// <summary>Takes the assemblies out of restored packages, and refuses what models' code must not be given.</summary>
/// <param name="declared">The packages that were asked for.</param>
/// <param name="found">Gets what is wrong.</param>
internal sealed class PackageContent(IReadOnlyList<DeclaredPackage> declared, List<Diagnostic> found)
{
    private static readonly string SharedFramework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    private readonly Dictionary<string, string> _owners = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Writes a folder as <see cref="PackageClosure"/> reads it.</summary>
    /// <param name="assets">NuGet's <c>project.assets.json</c>.</param>
    /// <param name="framework">The target that it is read for.</param>
    /// <param name="folder">Made.</param>
    public void Unpack(JsonObject assets, string framework, string folder)
    {
        var roots = assets["packageFolders"]!.AsObject().Select(root => root.Key).ToList();
        var packages = new List<ResolvedPackage>();
        foreach (var (key, target) in assets["targets"]![framework]!.AsObject())
        {
            var (name, version) = key.Split('/') is [var id, var number] ? (id, number) : (key, "");
            if (ProductLibraries.Has(name))
            {
                continue;
            }

            var library = assets["libraries"]![key]!;
            var path = roots.Select(root => Path.Join(root, (string)library["path"]!)).FirstOrDefault(Directory.Exists) ?? (string)library["path"]!;
            Check(name, version, target!);
            using var archive = Open(Path.Join(path, $"{name}.{version}.nupkg".ToLowerInvariant()), (string)library["sha512"]!, name, version);
            packages.Add(new(
                name, version, [.. (target!["dependencies"]?.AsObject() ?? []).Select(dependency => dependency.Key)],
                Assemblies(target["compile"], PackageClosure.Compile, name),
                Assemblies(target["runtime"], PackageClosure.Runtime, name)));

            List<PackageAssembly> Assemblies(JsonNode? files, string kind, string package) => [.. (files?.AsObject() ?? []).Select(file => file.Key)
                .Where(file => file.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) && !File.Exists(Path.Join(SharedFramework, Path.GetFileName(file))))
                .Select(file => Unpack(archive, path, file, Path.Join(folder, kind), package)).OfType<PackageAssembly>()];
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Join(folder, PackageClosure.File), CanonicalJson.Indented(PackageClosure.ToJson(packages)));
    }

    private void Check(string name, string version, JsonNode target)
    {
        var asked = declared.FirstOrDefault(package => package.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        var where = asked is null ? PackageDeclaration.File : PackageDeclaration.At(asked.Line);
        if (asked is not null && asked.Version != version)
        {
            found.Add(RestoreMessages.Absent(asked, $"the nearest that a source has is {version}"));
        }
        else if (target["runtimeTargets"]?.AsObject() is { Count: > 0 } platforms)
        {
            found.Add(new("MLO8369", $"package '{name}' depends on the platform")
            {
                Where = where,
                Why = $"it has {platforms.First().Key}: what differs between platforms gives other models there",
                Mend = "take a package of managed code alone, or do this in a step that runs a program",
            });
        }
        else if (asked is not null && target["compile"] is null && target["runtime"] is null && target["dependencies"] is null)
        {
            found.Add(RestoreMessages.Unfit(name, where, $"version {version} brings {(target["build"] is null ? "nothing that code can call" : "build logic, which the build of models does not run")}"));
        }
    }

    /// <summary>The archive that the lock's hash is about; the unpacked files beside it could have been changed since. Null where only those were kept.</summary>
    private ZipArchive? Open(string path, string hash, string name, string version)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var bytes = File.ReadAllBytes(path);
        var archive = new ZipArchive(new MemoryStream(bytes));
        // The hash of a signed package leaves its signature out; NuGet has checked that one when it put the package there.
        if (archive.GetEntry(".signature.p7s") is null && Convert.ToBase64String(SHA512.HashData(bytes)) != hash)
        {
            found.Add(PackageLock.Differs(name, version));
        }

        return archive;
    }

    private PackageAssembly? Unpack(ZipArchive? archive, string path, string file, string folder, string package)
    {
        var name = Path.GetFileName(file);
        if (!_owners.TryAdd(Path.Join(Path.GetFileName(folder), name), package) || ProductLibraries.Has(Path.GetFileNameWithoutExtension(name)) || name.StartsWith("Models.", StringComparison.OrdinalIgnoreCase))
        {
            Refuse(package, $"brings an assembly {name}", _owners.GetValueOrDefault(Path.Join(Path.GetFileName(folder), name)) is { } owner && owner != package ? $"package '{owner}' has it as well" : "that name is the product's, a model's, or taken twice");
            return null;
        }

        var bytes = archive?.Entries.FirstOrDefault(entry => Uri.UnescapeDataString(entry.FullName) == file) is { } entry ? Bytes(entry) : File.ReadAllBytes(Path.Join(path, file));
        if (!IsAssembly(bytes))
        {
            Refuse(package, $"brings {name}, which is no assembly", "it cannot be loaded");
            return null;
        }

        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Join(folder, name), bytes);
        return new(name, Digest.Of(bytes));
    }

    private void Refuse(string package, string what, string why) => found.Add(new("MLO8372", $"package '{package}' {what}")
    {
        Where = declared.FirstOrDefault(asked => asked.Name.Equals(package, StringComparison.OrdinalIgnoreCase)) is { } asked ? PackageDeclaration.At(asked.Line) : PackageDeclaration.File,
        Why = why,
        Mend = "take another package or version",
    });

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using var content = entry.Open();
        using var bytes = new MemoryStream();
        content.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static bool IsAssembly(byte[] bytes)
    {
        try
        {
            using var file = new PEReader([.. bytes]);
            return file.HasMetadata && file.GetMetadataReader().IsAssembly;
        }
        catch (BadImageFormatException)
        {
            return false;
        }
    }
}
