using System.Text;
using System.Text.Json;
using MlOps.Code;
using MlOps.Content;

namespace MlOps.Cli;

/// <summary>The libraries that models' code is written against, as NuGet packages in <c>.artifacts/packages</c>: for editors in workspaces outside of this repository.</summary>
/// <remarks>Written when what is packed changed. The version is the product's, so copies of other bytes under it leave NuGet's global packages folder.</remarks>
internal static class LibraryPackages
{
    private const string Folder = ".artifacts/packages";

    private static readonly string[] Libraries = ["MlOps.Content", "MlOps.Data", "MlOps.Scoring", "MlOps.Learning"];

    /// <summary>Packs what is compiled; returns 0, or the exit code of <c>dotnet pack</c>, whose messages go to <paramref name="line"/>.</summary>
    public static async Task<int> WriteAsync(string repositoryRoot, Action<string> line, CancellationToken cancellationToken)
    {
        var folder = Path.Join(repositoryRoot, Folder);
        var stamp = Path.Join(folder, "stamp");
        var state = Digest.Of(string.Join('\n', Inputs(repositoryRoot).Select(file => $"{Digest.Of(File.ReadAllBytes(file)).Hex}  {Path.GetRelativePath(repositoryRoot, file)}"))).Hex;
        if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp, cancellationToken) == state && Libraries.All(name => Packages(folder, name).Length == 1))
        {
            return 0;
        }

        foreach (var old in Directory.Exists(folder) ? Libraries.SelectMany(name => Packages(folder, name)) : [])
        {
            File.Delete(old);
        }

        var exit = await DotnetTool.RunAsync(repositoryRoot, ["pack", "MlOps.sln", "-c", "Release", "--no-build", "-nologo", "-v", "q", "-clp:NoSummary"], line, cancellationToken);
        if (exit == 0)
        {
            await ForgetCopiesAsync(repositoryRoot, folder, cancellationToken);
            AtomicFile.Write(stamp, Encoding.UTF8.GetBytes(state));
        }

        return exit;
    }

    private static IEnumerable<string> Inputs(string repositoryRoot) => Libraries.SelectMany(name => new[]
    {
        Path.Join(repositoryRoot, ".artifacts", "bin", name, "release", $"{name}.dll"),
        Path.Join(repositoryRoot, ".artifacts", "bin", name, "release", $"{name}.xml"),
        Path.Join(repositoryRoot, "src", name, "README.md"),
        Path.Join(repositoryRoot, "src", name, $"{name}.csproj"),
    }).Concat(Directory.EnumerateFiles(Path.Join(repositoryRoot, "build", "props"), "*.props")).Order(StringComparer.Ordinal);

    private static string[] Packages(string folder, string name) => Directory.Exists(folder) ? Directory.GetFiles(folder, $"{name}.*.nupkg") : [];

    /// <summary>NuGet takes a version that it has for the one that is asked for.</summary>
    private static async Task ForgetCopiesAsync(string repositoryRoot, string folder, CancellationToken cancellationToken)
    {
        var kept = "";
        await DotnetTool.RunAsync(repositoryRoot, ["nuget", "locals", "global-packages", "--list"], text => kept = text.StartsWith("global-packages: ", StringComparison.Ordinal) ? text["global-packages: ".Length..] : kept, cancellationToken);
        foreach (var package in Libraries.SelectMany(name => Packages(folder, name).Select(file => (Name: name, File: file))))
        {
            var version = Path.GetFileNameWithoutExtension(package.File)[(package.Name.Length + 1)..];
            var copy = Path.Join(kept, package.Name.ToLowerInvariant(), version);
            if (kept.Length > 0 && File.Exists(Path.Join(copy, ".nupkg.metadata")))
            {
                using var metadata = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Join(copy, ".nupkg.metadata"), cancellationToken));
                if (metadata.RootElement.GetProperty("contentHash").GetString() != Convert.ToBase64String(System.Security.Cryptography.SHA512.HashData(await File.ReadAllBytesAsync(package.File, cancellationToken))))
                {
                    Directory.Delete(copy, recursive: true);
                }
            }
        }
    }
}
