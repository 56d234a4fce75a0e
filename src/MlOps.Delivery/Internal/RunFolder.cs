using MlOps.Content;
using MlOps.Scoring.Computed;

namespace MlOps.Delivery.Internal;

/// <summary>The files of one environment: <c>.mlops/run/&lt;environment&gt;</c>.</summary>
internal sealed class RunFolder(string root, string environment)
{
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
            kept.Add(System.IO.Path.GetDirectoryName(spec?.ServiceAssembly) ?? "");
        }

        foreach (var model in Entries("models").Where(path => !kept.Contains(path)))
        {
            File.Delete(model);
        }

        foreach (var folder in Entries("service").Concat(Entries("code")).Where(path => !kept.Contains(path)))
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
