using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Containers;
using MlOps.Content;

namespace MlOps.Tests.Containers;

/// <summary>Archives as skopeo and umoci read them.</summary>
public sealed class ImageArchiveTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-archive-").FullName;

    [SkippableFact]
    public async Task Skopeo_finds_the_image_and_umoci_unpacks_it()
    {
        Skip.IfNot(Exists("skopeo") && Exists("umoci"), "skopeo and umoci are not installed");
        var (manifest, blobs) = Image();
        var file = Path.Join(_folder, "image.tar");
        await using (var tar = File.Create(file))
        {
            ImageArchive.Write(tar, "city/bike:1.0.0", manifest, digest => new MemoryStream(blobs[digest]));
        }

        var inspected = JsonNode.Parse(await RunAsync("skopeo", "inspect", $"oci-archive:{file}"))!;
        Assert.Equal(Digest.Of(manifest.ToBytes()).ToString(), (string?)inspected["Digest"]);
        Assert.Equal([.. manifest.Layers.Select(layer => layer.Digest.ToString())], inspected["Layers"]!.AsArray().Select(layer => (string?)layer));

        await RunAsync("tar", "--extract", "--file", file, "--directory", Directory.CreateDirectory(Path.Join(_folder, "layout")).FullName);
        await RunAsync("umoci", "unpack", "--rootless", "--image", $"{Path.Join(_folder, "layout")}:city/bike:1.0.0", Path.Join(_folder, "bundle"));
        Assert.Equal("hello", await File.ReadAllTextAsync(Path.Join(_folder, "bundle/rootfs/app/hello")));

        // docker load reads this one, which names each blob by its place in the archive.
        var loaded = JsonNode.Parse(await File.ReadAllTextAsync(Path.Join(_folder, "layout/manifest.json")))![0]!;
        Assert.Equal(manifest.Config.Digest, Digest.Of(await File.ReadAllBytesAsync(Path.Join(_folder, "layout", (string)loaded["Config"]!))));
        Assert.Equal("city/bike:1.0.0", (string?)loaded["RepoTags"]![0]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static (Manifest Manifest, Dictionary<Digest, byte[]> Blobs) Image()
    {
        var bytes = new MemoryStream();
        var layer = Layer.Write([new LayerEntry.File("app/hello", () => new MemoryStream("hello"u8.ToArray()))], bytes);
        var config = Encoding.UTF8.GetBytes($$$"""{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["{{{layer.DiffId}}}"]}}""");
        var manifest = new Manifest { Config = Descriptor.Of(MediaTypes.ImageConfig, config), Layers = [layer.Descriptor] };
        return (manifest, new() { [layer.Descriptor.Digest] = bytes.ToArray(), [manifest.Config.Digest] = config });
    }

    private static bool Exists(string program) => Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Join(folder, program)));

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
        return output;
    }
}
