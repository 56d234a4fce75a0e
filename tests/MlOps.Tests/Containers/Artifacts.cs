using System.Globalization;
using System.Text;
using MlOps.Containers;
using MlOps.Content;

namespace MlOps.Tests.Containers;

/// <summary>Small packages, images and attestations with their blobs.</summary>
internal sealed class Artifacts
{
    public const string PackageType = "application/vnd.example.package.v1+json", ConfigType = "application/vnd.example.config.v1+json", Attestation = "application/vnd.example.attestation.v1+json";

    public static readonly ArtifactKind Package = ArtifactKind.Of("package", PackageType, ConfigType, "application/vnd.example.");

    public Dictionary<Digest, byte[]> Blobs { get; } = [];

    public Manifest Of(params string[] layers) => Of([.. layers.Select(Encoding.UTF8.GetBytes)]);

    public Manifest Of(IReadOnlyList<byte[]> layers) => new()
    {
        ArtifactType = PackageType,
        Config = Add(ConfigType, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"layers":{{layers.Count}}}"""))),
        Layers = [.. layers.Select(layer => Add("application/vnd.example.part.v1.raw", layer))],
    };

    public Manifest About(Manifest subject, string text) => About(StoredManifest.Of(subject).Descriptor, text);

    public Manifest About(Descriptor subject, string text) => new()
    {
        ArtifactType = Attestation,
        Config = Descriptor.Empty,
        Layers = [Add("application/vnd.example.statement.v1+json", Encoding.UTF8.GetBytes(text))],
        Subject = subject,
    };

    public Manifest Image(params LayerEntry[][] layers)
    {
        var written = layers.Select(entries =>
        {
            var bytes = new MemoryStream();
            var layer = Layer.Write(entries, bytes);
            Blobs[layer.Descriptor.Digest] = bytes.ToArray();
            return layer;
        }).ToList();
        var config = $$$"""{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[{{{string.Join(',', written.Select(layer => $"\"{layer.DiffId}\""))}}}]}}""";
        return new() { Config = Add(MediaTypes.ImageConfig, Encoding.UTF8.GetBytes(config)), Layers = [.. written.Select(layer => layer.Descriptor)] };
    }

    public Descriptor Add(string mediaType, byte[] bytes)
    {
        var descriptor = Descriptor.Of(mediaType, bytes);
        Blobs[descriptor.Digest] = bytes;
        return descriptor;
    }

    public Stream Open(Digest digest) => new MemoryStream(Blobs[digest]);

    /// <summary>Stores a manifest with its blobs, without a tag.</summary>
    public async Task<Descriptor> StoreAsync(MlOps.Containers.Repository repository, Manifest manifest)
    {
        foreach (var blob in manifest.Layers.Prepend(manifest.Config))
        {
            await repository.PutBlobAsync(blob.Embedded ?? Blobs[blob.Digest], default);
        }

        return await repository.PutManifestAsync(manifest.MediaType, manifest.ToBytes(), null, default);
    }
}
