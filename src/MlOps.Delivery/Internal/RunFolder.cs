using MlOps.Content;
using MlOps.Scoring.Computed;

namespace MlOps.Delivery.Internal;

/// <summary>The files of one environment: <c>.mlops/run/&lt;environment&gt;</c>.</summary>
internal sealed class RunFolder(string root, string environment)
{
    private const int MostAboutBytes = 1 << 20;

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetFullPath(root), ".mlops", "run", environment);

    /// <summary>Who runs; absent when nobody does.</summary>
    public string State => System.IO.Path.Combine(Path, "state.json");

    /// <summary>What the running service was told.</summary>
    public string Config => System.IO.Path.Combine(Path, "service.json");

    /// <summary>The running service's output.</summary>
    public string Log => System.IO.Path.Combine(Path, "service.log");

    /// <summary>The output of the service that ran before.</summary>
    public string PreviousLog => System.IO.Path.Combine(Path, "service.previous.log");

    public string Lock => System.IO.Path.Combine(Path, "lock");

    /// <summary>The copy of a model.</summary>
    public string Model(Digest digest) => System.IO.Path.Combine(Path, "models", digest.Hex + ".onnx");

    /// <summary>The copy of a model's code: by its bytes, for a service that runs needs those that it was started with.</summary>
    public DeployedCode Code(DeployedCode code)
    {
        var files = Digest.Of(string.Concat(code.Files.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => $"{file.Value.Hex}  {file.Key}\n")));
        return code with { Assembly = System.IO.Path.Combine(Path, "code", files.Hex[..16], System.IO.Path.GetFileName(code.Assembly)) };
    }

    /// <summary>The folder of a copy of what the page shows of a model: by its bytes, as the card of a service that runs is that of its model.</summary>
    public string? About(string? folder) => folder is null || AboutFiles(folder) is not { Count: > 0 } files ? null
        : System.IO.Path.Combine(Path, "about", Digest.Of(string.Concat(files.Select(file => $"{Digest.Of(File.ReadAllBytes(file)).Hex}  {System.IO.Path.GetFileName(file)}\n"))).Hex[..16]);

    /// <summary>What a page may show of a folder: a few small texts.</summary>
    public static IReadOnlyList<string> AboutFiles(string folder) => !Directory.Exists(folder) ? []
        : [.. new DirectoryInfo(folder).GetFiles().Where(file => file.Extension is ".md" or ".json" && file.Length <= MostAboutBytes).Select(file => file.FullName).Order(StringComparer.Ordinal)];

    /// <summary>The folder of a copy of the service.</summary>
    public string Service(Digest identity) => System.IO.Path.Combine(Path, "service", identity.Hex[..16]);

    /// <summary>Removes copies that none of the given specifications needs.</summary>
    public void Prune(params ReadOnlySpan<ServiceSpec?> needed)
    {
        var kept = new HashSet<string>(StringComparer.Ordinal);
        foreach (var spec in needed)
        {
            kept.UnionWith(spec?.Models.Select(model => model.Path) ?? []);
            kept.UnionWith(spec?.Models.Select(model => System.IO.Path.GetDirectoryName(model.Code?.Assembly) ?? "") ?? []);
            kept.UnionWith(spec?.Models.Select(model => model.About ?? "") ?? []);
            kept.Add(System.IO.Path.GetDirectoryName(spec?.ServiceAssembly) ?? "");
        }

        foreach (var model in Entries("models").Where(path => !kept.Contains(path)))
        {
            File.Delete(model);
        }

        foreach (var folder in Entries("service").Concat(Entries("code")).Concat(Entries("about")).Where(path => !kept.Contains(path)))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private string[] Entries(string folder)
    {
        var path = System.IO.Path.Combine(Path, folder);
        return Directory.Exists(path) ? Directory.GetFileSystemEntries(path) : [];
    }

    /// <summary>Replaces a file in one step, so that readers see the old or the new one.</summary>
    public static void Publish(string path, ReadOnlySpan<byte> content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        var temporary = path + ".new";
        File.WriteAllBytes(temporary, content);
        File.Move(temporary, path, overwrite: true);
    }
}
