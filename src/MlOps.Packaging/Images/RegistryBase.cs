using MlOps.Containers;
using MlOps.Content;
using MlOps.Packaging.Images.Internal;
using MlOps.Packaging.Internal;

namespace MlOps.Packaging.Images;

/// <summary>A base that somebody else keeps in a registry, named by digest: <c>registry.example.org/debian@sha256:…</c>.</summary>
public static class RegistryBase
{
    private const int MostConfigBytes = 4 << 20;
    private const string Architecture = "amd64", Os = "linux";

    /// <summary>Reads what an image on it has to know: its layers stay where they are.</summary>
    /// <param name="repository">Where it lies.</param>
    /// <param name="digest">The manifest's, or that of an index which has one for linux/amd64.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>With the digest of the manifest for linux/amd64.</returns>
    /// <exception cref="DiagnosticException">MLO7235: there is none, or none that the service runs on; MLO81xx: the registry.</exception>
    public static async Task<BaseImage> ReadAsync(Repository repository, Digest digest, CancellationToken cancellationToken)
    {
        var name = $"{repository.Reference.Registry}/{repository.Reference.Repository}@{digest}";
        var (manifest, found) = await ManifestAsync(repository, digest, name, cancellationToken);
        var bytes = await repository.GetBlobAsync(manifest.Config.Digest, MostConfigBytes, cancellationToken) ?? throw Unfit(name, "the registry lacks its configuration");
        if (!BoundedJson.TryRead(bytes, ImagesJson.Default.ImageConfig, out var config, out var why))
        {
            throw Unfit(name, $"its configuration is none of an image: {why}");
        }

        if (config.Architecture != Architecture || config.Os != Os)
        {
            throw Unfit(name, ForeignText.Shown($"it is for {config.Os}/{config.Architecture}", 100));
        }

        if (config.RootFs.DiffIds.Count != manifest.Layers.Count)
        {
            throw Unfit(name, $"its configuration names {config.RootFs.DiffIds.Count} layers, its manifest {manifest.Layers.Count}");
        }

        return new()
        {
            Name = name,
            Digest = found,
            Layers = [.. manifest.Layers.Zip(config.RootFs.DiffIds, (layer, diffId) => new Layer(Plain(name, layer), diffId))],
            Environment = config.Config?.Env ?? [],
        };
    }

    private static async Task<(Manifest Manifest, Digest Digest)> ManifestAsync(Repository repository, Digest digest, string name, CancellationToken cancellationToken)
    {
        var stored = await repository.GetManifestAsync(digest, cancellationToken) ?? throw Unfit(name, "the registry has no such manifest");
        if (MediaTypes.IsIndex(stored.Descriptor.MediaType))
        {
            var index = ImageIndex.TryParse(stored.Bytes.Span) ?? throw Unfit(name, "it is neither image nor index");
            var one = index.Manifests.FirstOrDefault(manifest => manifest.Platform is { Architecture: Architecture, Os: Os } && MediaTypes.IsManifest(manifest.MediaType))
                ?? throw Unfit(name, ForeignText.Shown($"its index has {string.Join(", ", index.Manifests.Select(manifest => $"{manifest.Platform?.Os}/{manifest.Platform?.Architecture}"))}", 200));
            stored = await repository.GetManifestAsync(one.Digest, cancellationToken) ?? throw Unfit(name, $"the registry lacks {one.Digest}, which its index names");
        }

        return (MediaTypes.IsManifest(stored.Descriptor.MediaType) ? Manifest.TryParse(stored.Bytes.Span) : null) is { } manifest
            ? (manifest, stored.Descriptor.Digest) : throw Unfit(name, "it is no image");
    }

    /// <summary>The layer as an OCI manifest names it: docker's layers are the same bytes under another name.</summary>
    private static Descriptor Plain(string name, Descriptor layer) => layer.MediaType switch
    {
        "application/vnd.docker.image.rootfs.diff.tar.gzip" or MediaTypes.LayerTarGzip => new() { MediaType = MediaTypes.LayerTarGzip, Digest = layer.Digest, Size = layer.Size },
        MediaTypes.LayerTar => new() { MediaType = MediaTypes.LayerTar, Digest = layer.Digest, Size = layer.Size },
        _ => throw Unfit(name, $"a layer has media type '{ForeignText.Shown(layer.MediaType, 100)}'"),
    };

    private static DiagnosticException Unfit(string name, string why) => new(new Diagnostic("MLO7235", "the base image cannot be used")
    {
        Where = name,
        Why = why,
        Mend = $"name an image for {Os}/{Architecture} by the digest of its manifest, or use the default base 'debian'",
    });
}
