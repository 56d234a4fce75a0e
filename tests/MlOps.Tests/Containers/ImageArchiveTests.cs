using System.Text.Json.Nodes;
using MlOps.Containers;
using MlOps.Content;
using static MlOps.Tests.Containers.Programs;

namespace MlOps.Tests.Containers;

/// <summary>Archives as skopeo and umoci read them.</summary>
public sealed class ImageArchiveTests : IDisposable
{
    private static readonly LayerEntry Hello = new LayerEntry.File("app/hello", () => new MemoryStream("hello"u8.ToArray()));

    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-archive-").FullName;

    [SkippableFact]
    public async Task Skopeo_finds_the_image_and_umoci_unpacks_it()
    {
        Skip.IfNot(Exist("skopeo", "umoci"), "skopeo and umoci are not installed");
        var artifacts = new Artifacts();
        var manifest = artifacts.Image([Hello]);
        var file = Path.Join(_folder, "image.tar");
        await using (var tar = File.Create(file))
        {
            ImageArchive.Write(tar, "city/bike:1.0.0", manifest, artifacts.Open);
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

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Skopeo_copies_what_has_attestations_and_reads_the_same_digest(bool isImage)
    {
        Skip.IfNot(Exist("skopeo", "umoci"), "skopeo and umoci are not installed");
        var artifacts = new Artifacts();
        var manifest = isImage ? artifacts.Image([Hello]) : artifacts.Of("one", "two");
        var attached = new[] { artifacts.About(manifest, "provenance"), artifacts.About(manifest, "bill of materials") };
        var (file, copy) = (Path.Join(_folder, "image.tar"), Path.Join(_folder, "copy"));
        await using (var tar = File.Create(file))
        {
            ImageArchive.Write(tar, "city/bike:1.0.0", manifest, artifacts.Open, attached);
        }

        var archived = manifest.ToBytes();
        Assert.Equal(archived, System.Text.Encoding.UTF8.GetBytes(await RunAsync("skopeo", "inspect", "--raw", $"oci-archive:{file}:city/bike:1.0.0")));
        await RunAsync("skopeo", "copy", "--preserve-digests", $"oci-archive:{file}:city/bike:1.0.0", $"oci:{copy}:1.0.0");
        using var layout = ImageLayout.Open(copy);
        Assert.Equal(archived, layout.Find("1.0.0").Bytes.ToArray());
        Assert.All(manifest.Layers, layer => Assert.Equal(artifacts.Blobs[layer.Digest], layout.ReadBlob(layer, 10_000)));

        using var ours = ImageLayout.Open(file);
        Assert.Equal(archived, ours.Find().Bytes.ToArray());
        Assert.Equal(attached.Select(each => Digest.Of(each.ToBytes())), ours.AttachedTo(Digest.Of(archived)).Select(each => each.Descriptor.Digest));
        Assert.Equal("provenance"u8.ToArray(), ours.ReadBlob(attached[0].Layers[0], 100));

        await RunAsync("tar", "--extract", "--file", file, "--directory", Directory.CreateDirectory(Path.Join(_folder, "layout")).FullName);
        Assert.Equal("city/bike:1.0.0", (await RunAsync("umoci", "list", "--layout", Path.Join(_folder, "layout"))).Trim());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
