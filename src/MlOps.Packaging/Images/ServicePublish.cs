using MlOps.Code;
using MlOps.Containers;
using MlOps.Content;

namespace MlOps.Packaging.Images;

/// <summary>Builds the scoring service with its runtime as images hold it: the same product, the same bytes, wherever and by whom it is built.</summary>
public static class ServicePublish
{
    private const string Program = "MlOps.Serving";

    /// <summary>The version of the runtime that comes with it: what build/props/Service.props pins.</summary>
    public const string RuntimeVersion = "10.0.12";

    /// <summary>Where an image has it.</summary>
    internal const string Entrypoint = $"/app/{Program}";

    /// <summary>Publishes it; needs the .NET SDK of global.json, and once the runtime's packages from the feed.</summary>
    /// <param name="home">The product's folder, with <c>build/host/Service.proj</c>.</param>
    /// <param name="flavour">Which of the two.</param>
    /// <param name="folder">Its <c>app</c> is written anew; <c>build</c> beside it holds what the compiler leaves.</param>
    /// <param name="progress">Told each line that the build says.</param>
    /// <param name="cancellationToken">Ends the build with all that it started.</param>
    /// <exception cref="DiagnosticException">MLO7236: it does not compile. MLO8304: the SDK is not to be had.</exception>
    public static async Task RunAsync(string home, ServiceFlavour flavour, string folder, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        var app = Path.Join(Path.GetFullPath(folder), "app");
        if (Directory.Exists(app))
        {
            Directory.Delete(app, recursive: true);
        }

        var lines = new List<string>();
        var exit = await DotnetTool.RunAsync(
            home,
            ["msbuild", Path.Join(home, "build", "host", "Service.proj"), "-nologo", "-v:q", "-nodeReuse:false", "-clp:NoSummary", "-p:Configuration=Release",
                $"-p:ServiceFlavour={(flavour == ServiceFlavour.Trimmed ? "trimmed" : "untrimmed")}", $"-p:ServiceDirectory={app}/"],
            line =>
            {
                lines.Add(line);
                progress?.Report(line);
            },
            cancellationToken,
            inherits: IsHarmless);
        if (exit != 0 || !File.Exists(Path.Join(app, Program)))
        {
            throw new DiagnosticException(new Diagnostic("MLO7236", "the service for images does not build")
            {
                Where = Path.Join(home, "build", "host", "Service.proj"),
                Why = string.Join('\n', lines.Where(line => line.Contains("error", StringComparison.Ordinal)).Distinct().DefaultIfEmpty(lines.LastOrDefault() ?? "it says nothing").Take(5)),
                Mend = "mend what it names; the runtime's packages (Microsoft.NETCore.App.Runtime.linux-x64 and its like) come from the feed",
            });
        }
    }

    /// <summary>Packs what <see cref="RunAsync"/> left into the layer of runtime and service.</summary>
    /// <param name="folder">As given there.</param>
    /// <param name="destination">Where the compressed layer goes.</param>
    public static Layer Write(string folder, Stream destination)
    {
        var app = Path.Join(Path.GetFullPath(folder), "app");
        return Layer.Write(
            Directory.EnumerateFiles(app, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(app, file).Replace('\\', '/')).Select(path =>
                (LayerEntry)new LayerEntry.File($"app/{path}", () => File.OpenRead(Path.Join(app, path)), IsExecutable: path == Program)),
            destination);
    }

    // MSBuild makes properties of variables: one called Optimize would be other bytes.
    private static bool IsHarmless(string name) => name is "PATH" or "HOME" or "USER" or "TMPDIR" or "TMP" or "TEMP" or "XDG_DATA_HOME" or "SystemRoot" or "APPDATA" or "LOCALAPPDATA" or "USERPROFILE" or "ProgramFiles"
        || name.StartsWith("DOTNET_", StringComparison.Ordinal) || name.StartsWith("NUGET_", StringComparison.Ordinal) || name.StartsWith("SSL_", StringComparison.Ordinal) || name.EndsWith("_proxy", StringComparison.OrdinalIgnoreCase);
}
