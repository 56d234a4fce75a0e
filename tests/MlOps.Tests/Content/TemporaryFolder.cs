namespace MlOps.Tests.Content;

/// <summary>A folder of its own for one test, removed afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("mlops-").FullName;

    public string Write(string path, string text)
    {
        var full = Path.Join(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
        return full;
    }

    public string Read(string path) => File.ReadAllText(Path.Join(Root, path));

    public void Delete(string folder) => Directory.Delete(Path.Join(Root, folder), recursive: true);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
