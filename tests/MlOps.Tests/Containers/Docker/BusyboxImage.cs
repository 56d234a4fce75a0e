using System.Text;
using MlOps.Containers;
using MlOps.Content;

namespace MlOps.Tests.Containers.Docker;

/// <summary>An image of this machine's static busybox: a shell, <c>httpd</c>, <c>wget</c>; made here, because no registry may be assumed.</summary>
internal sealed class BusyboxImage
{
    private const string Program = "/bin/busybox";

    private readonly byte[] _layer, _config;

    private BusyboxImage(string name, string marker)
    {
        Name = name;
        var bytes = new MemoryStream();
        Layer = Layer.Write(
            [
                new LayerEntry.File("bin/busybox", () => File.OpenRead(Program), IsExecutable: true),
                .. new[] { "sh", "sleep", "echo", "cat", "httpd", "wget", "id", "touch", "head" }.Select(applet => new LayerEntry.Link($"bin/{applet}", "busybox")),
                new LayerEntry.File("www/index.html", () => new MemoryStream(Encoding.UTF8.GetBytes(marker))),
                new LayerEntry.Folder("tmp", IsShared: true),
            ],
            bytes);
        _layer = bytes.ToArray();
        _config = Encoding.UTF8.GetBytes($$$"""
            {"architecture":"amd64","os":"linux","config":{"User":"65532:65532","Env":["PATH=/bin"],"Cmd":["sleep","1000"],"Labels":{"org.example.marker":"{{{marker}}}"},
            "Healthcheck":{"Test":["CMD","false"],"Interval":60000000000}},"rootfs":{"type":"layers","diff_ids":["{{{Layer.DiffId}}}"]}}
            """);
        Manifest = new() { Config = Descriptor.Of(MediaTypes.ImageConfig, _config), Layers = [Layer.Descriptor] };
    }

    public string Name { get; }

    public Layer Layer { get; }

    public Manifest Manifest { get; }

    public Digest Id => Manifest.Config.Digest;

    /// <summary>One with a name, whose bytes differ from others' by the marker; or the skip of the running test.</summary>
    public static BusyboxImage Require(string name, string marker = "hello")
    {
        Skip.IfNot(File.Exists(Program), "busybox is not installed (apt-get install busybox-static)");
        return new(name, marker);
    }

    public MemoryStream ToArchive()
    {
        var tar = new MemoryStream();
        ImageArchive.Write(tar, Name, Manifest, digest => new MemoryStream(digest == Id ? _config : _layer));
        tar.Position = 0;
        return tar;
    }

    /// <summary>Puts it into a registry under <see cref="Name"/>'s repository and a tag.</summary>
    public async Task PushAsync(MlOps.Containers.Repository repository, string tag)
    {
        await repository.PutBlobAsync(_layer, default);
        await repository.PutBlobAsync(_config, default);
        await repository.PutManifestAsync(MediaTypes.Manifest, Manifest.ToBytes(), tag, default);
    }
}
