using System.Text;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Packaging.Images;
using MlOps.Tests.Containers;

namespace MlOps.Tests.Packaging.Images;

/// <summary>Bases in a real registry, fit and unfit.</summary>
#pragma warning disable CA1001 // xunit disposes of it by IAsyncLifetime.
public sealed class RegistryBaseTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private readonly Artifacts _artifacts = new();
    private RegistryServer? _server;
    private RegistryClient? _client;

    public async Task InitializeAsync()
    {
        if (RegistryServer.Missing is null)
        {
            _server = await RegistryServer.StartAsync();
            _client = new(_server.Registry);
        }
    }

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [SkippableTheory]
    [InlineData("an OCI manifest")]
    [InlineData("docker's manifest")]
    [InlineData("an index with several platforms")]
    public async Task A_base_is_read_with_the_digest_of_its_manifest(string kind)
    {
        var repository = Repository();
        var image = _artifacts.Image([new LayerEntry.File("etc/base", () => new MemoryStream("base"u8.ToArray()))]);
        var layer = image.Layers[0];
        if (kind == "docker's manifest")
        {
            image = image with { MediaType = MediaTypes.DockerManifest, Config = image.Config with { MediaType = MediaTypes.DockerConfig }, Layers = [layer with { MediaType = MediaTypes.DockerLayer }] };
        }

        var stored = await _artifacts.StoreAsync(repository, image);
        var named = kind.StartsWith("an index", StringComparison.Ordinal) ? await IndexAsync(stored with { Platform = new() { Architecture = "amd64", Os = "linux" } }) : stored.Digest;

        var onto = await RegistryBase.ReadAsync(repository, named, default);

        Assert.Equal((stored.Digest, $"{_server!.Registry}/base@{named}"), (onto.Digest, onto.Name));
        var read = Assert.Single(onto.Layers);
        // Docker's layers are the same bytes under OCI's name.
        Assert.Equal((MediaTypes.LayerTarGzip, layer.Digest, layer.Size), (read.Descriptor.MediaType, read.Descriptor.Digest, read.Descriptor.Size));
    }

    [SkippableTheory]
    [InlineData("an absent digest", "no such manifest")]
    [InlineData("an index without our platform", "linux/arm64")]
    [InlineData("another platform", "it is for linux/arm64")]
    [InlineData("a layer too many", "names 1 layers, its manifest 2")]
    [InlineData("a package", "its configuration is none of an image")]
    [InlineData("a lost configuration", "the registry lacks its configuration")]
    [InlineData("a layer that nobody here unpacks", "a layer has media type 'application/vnd.oci.image.layer.v1.tar+zstd'")]
    [InlineData("a foreign layer", "a layer has media type 'text/plain'")]
    public async Task An_unfit_base_is_told(string wrong, string why)
    {
        var repository = Repository();
        var image = _artifacts.Image([new LayerEntry.File("etc/base", () => new MemoryStream("base"u8.ToArray()))]);
        var named = wrong switch
        {
            "an absent digest" => Digest.Of("absent"),
            "an index without our platform" => await IndexAsync(),
            "another platform" => await StoredAsync(image with { Config = _artifacts.Add(MediaTypes.ImageConfig, Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(_artifacts.Blobs[image.Config.Digest]).Replace("amd64", "arm64", StringComparison.Ordinal))) }),
            "a layer too many" => await StoredAsync(image with { Layers = [image.Layers[0], image.Layers[0]] }),
            "a lost configuration" => await LostAsync(image),
            "a layer that nobody here unpacks" => await StoredAsync(image with { Layers = [image.Layers[0] with { MediaType = "application/vnd.oci.image.layer.v1.tar+zstd" }] }),
            "a package" => await StoredAsync(_artifacts.Of("one")),
            _ => await StoredAsync(image with { Layers = [_artifacts.Add("text/plain", _artifacts.Blobs[image.Layers[0].Digest])] }),
        };

        var problem = Assert.Single((await Assert.ThrowsAsync<DiagnosticException>(() => RegistryBase.ReadAsync(repository, named, default))).Diagnostics);

        Assert.Equal(("MLO7235", $"{_server!.Registry}/base@{named}"), (problem.Code, problem.Where));
        Assert.Contains(why, problem.Why, StringComparison.Ordinal);
    }

    private MlOps.Containers.Repository Repository()
    {
        Skip.If(RegistryServer.Missing is not null, RegistryServer.Missing);
        return _client!.Repository("base");
    }

    private async Task<Digest> StoredAsync(Manifest manifest) => (await _artifacts.StoreAsync(Repository(), manifest)).Digest;

    private async Task<Digest> LostAsync(Manifest manifest)
    {
        var stored = await StoredAsync(manifest);
        Directory.Delete(Path.Join(_server!.Storage, "docker/registry/v2/repositories/base/_layers/sha256", manifest.Config.Digest.Hex), recursive: true);
        return stored;
    }

    /// <summary>An index of one for another platform, and of these.</summary>
    private async Task<Digest> IndexAsync(params Descriptor[] others)
    {
        var foreign = await _artifacts.StoreAsync(Repository(), _artifacts.Image([]));
        return (await Repository().PutManifestAsync(MediaTypes.Index, new ImageIndex { Manifests = [foreign with { Platform = new() { Architecture = "arm64", Os = "linux" } }, .. others] }.ToBytes(), null, default)).Digest;
    }
}
