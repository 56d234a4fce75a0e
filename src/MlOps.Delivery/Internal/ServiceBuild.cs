using System.Text;
using System.Text.Json;
using MlOps.Content;

namespace MlOps.Delivery.Internal;

/// <summary>A built service: the assembly and what its dependency file names, known by the digest of all of them.</summary>
/// <remarks>A running service needs a copy of its own: a later build overwrites assemblies in place, under the feet of whoever has them mapped.</remarks>
internal sealed class ServiceBuild
{
    private readonly string _folder;
    private readonly IReadOnlyList<string> _files;

    private ServiceBuild(string folder, IReadOnlyList<string> files, Digest identity) => (_folder, _files, Identity) = (folder, files, identity);

    /// <summary>An in-toto dirHash: sha256 over the ordinally sorted lines <c>hex␠␠name</c>.</summary>
    public Digest Identity { get; }

    /// <summary>Reads the files beside the assembly.</summary>
    /// <exception cref="DiagnosticException">MLO7006: the service is not there.</exception>
    public static ServiceBuild At(string assembly)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(assembly))!;
        try
        {
            var files = Files(folder, Path.GetFileNameWithoutExtension(assembly));
            return new(folder, files, DigestOf(folder, files));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new DiagnosticException(new Diagnostic("MLO7006", "the scoring service cannot be found")
            {
                Where = assembly,
                Why = problem.Message,
                Mend = "build it: ./build.sh Compile",
            });
        }
    }

    /// <summary>Copies the files into a folder that appears complete or not at all; one that is there stays, unless it is damaged.</summary>
    public void CopyTo(string folder)
    {
        if (Directory.Exists(folder))
        {
            if (IsWhole(folder))
            {
                return;
            }

            Directory.Delete(folder, recursive: true);
        }

        var temporary = folder + ".new";
        if (Directory.Exists(temporary))
        {
            Directory.Delete(temporary, recursive: true);
        }

        Directory.CreateDirectory(temporary);
        foreach (var file in _files)
        {
            File.Copy(Path.Combine(_folder, file), Path.Combine(temporary, file));
        }

        Directory.Move(temporary, folder);
    }

    private static Digest DigestOf(string folder, IReadOnlyList<string> files)
    {
        var lines = new StringBuilder();
        foreach (var file in files)
        {
            lines.Append(Digest.Of(File.ReadAllBytes(Path.Combine(folder, file))).Hex).Append("  ").Append(file).Append('\n');
        }

        return Digest.Of(lines.ToString());
    }

    private bool IsWhole(string folder) =>
        _files.All(file => File.Exists(Path.Combine(folder, file))) && DigestOf(folder, _files) == Identity;

    private static List<string> Files(string folder, string name)
    {
        var files = new SortedSet<string>(StringComparer.Ordinal) { name + ".dll", name + ".deps.json", name + ".runtimeconfig.json" };
        using var dependencies = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, name + ".deps.json")));
        foreach (var target in dependencies.RootElement.GetProperty("targets").EnumerateObject())
        {
            foreach (var library in target.Value.EnumerateObject())
            {
                if (library.Value.TryGetProperty("runtime", out var assets))
                {
                    files.UnionWith(assets.EnumerateObject().Select(asset => Path.GetFileName(asset.Name)));
                }
            }
        }

        return [.. files];
    }
}
