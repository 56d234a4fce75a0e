using System.IO.Compression;
using MlOps.Code;

namespace MlOps.EndToEnd.Tests.Support;

/// <summary>A folder that NuGet takes packages from, and packages made of a line of C#.</summary>
internal sealed class PackageFeed(string folder)
{
    private readonly Dictionary<string, string> _assemblies = [];

    /// <summary>Adds or replaces a package with one assembly of its name.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="code">Its C#; it may use the packages that it depends on.</param>
    /// <param name="needs">What it depends on, <c>NAME VERSION</c>.</param>
    public void Add(string name, string version, string code, params string[] needs) =>
        Add(name, version, new Dictionary<string, byte[]> { [$"lib/net10.0/{name}.dll"] = Compile(name, code, needs) }, needs);

    /// <summary>Adds or replaces a package with the files given.</summary>
    public void Add(string name, string version, IReadOnlyDictionary<string, byte[]> files, params string[] needs)
    {
        Directory.CreateDirectory(folder);
        using var archive = new ZipArchive(File.Create(Path.Join(folder, $"{name}.{version}.nupkg")), ZipArchiveMode.Create);
        var dependencies = string.Concat(needs.Select(need => need.Split(' ')).Select(need => $"<dependency id=\"{need[0]}\" version=\"{need[1]}\" />"));
        Write(archive, $"{name}.nuspec", System.Text.Encoding.UTF8.GetBytes($"""
            <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata>
              <id>{name}</id><version>{version}</version><authors>tests</authors><description>a toy</description>
              <dependencies><group targetFramework="net10.0">{dependencies}</group></dependencies>
            </metadata></package>
            """));
        foreach (var (path, bytes) in files)
        {
            Write(archive, path, bytes);
        }
    }

    private byte[] Compile(string name, string code, IEnumerable<string> needs)
    {
        var work = Directory.CreateTempSubdirectory("mlops-feed-").FullName;
        File.WriteAllText(Path.Join(work, "Code.cs"), code);
#pragma warning disable VSTHRD002 // A fixture is made in its constructor.
        var image = CSharpCompiler.Find().CompileAsync(name, work, ["Code.cs"], needs.Select(need => _assemblies[need.Split(' ')[0]]), default).GetAwaiter().GetResult().Image;
#pragma warning restore VSTHRD002
        // Beside the packages, for what is compiled against it; NuGet passes it over.
        _assemblies[name] = Path.Join(folder, "assemblies", name + ".dll");
        Directory.CreateDirectory(Path.Join(folder, "assemblies"));
        File.WriteAllBytes(_assemblies[name], image);
        Directory.Delete(work, recursive: true);
        return image;
    }

    private static void Write(ZipArchive archive, string path, byte[] bytes)
    {
        using var entry = archive.CreateEntry(path).Open();
        entry.Write(bytes);
    }
}
