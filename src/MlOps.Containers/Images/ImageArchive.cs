using System.Formats.Tar;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;

namespace MlOps.Containers;

/// <summary>An image or an artifact as one tar: an OCI image layout that docker 20.10 loads as well.</summary>
/// <remarks>https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md, with a <c>manifest.json</c> beside it as <c>docker save</c> writes it.</remarks>
public static class ImageArchive
{
    private static readonly byte[] Version = """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray();

    /// <summary>Writes one; the same content and name give the same bytes.</summary>
    /// <param name="name">As <c>docker load</c> tags it: <c>city/bike-demand:1.2.0</c>.</param>
    /// <param name="manifest">Its configuration and layers are written after it, each digest once.</param>
    /// <param name="open">The bytes of a blob.</param>
    /// <param name="attached">Manifests whose <c>subject</c> is that one, or another of them: they and their blobs are written after it.</param>
    public static void Write(Stream destination, string name, Manifest manifest, Func<Digest, Stream> open, IReadOnlyList<Manifest>? attached = null)
    {
        attached ??= [];
        var all = attached.Prepend(manifest).Select(each => (Manifest: each, Bytes: each.ToBytes())).ToList();
        var index = new ImageIndex
        {
            Manifests = [.. all.Select((each, i) => Descriptor.Of(each.Manifest.MediaType, each.Bytes) with
            {
                ArtifactType = each.Manifest.ArtifactType,
                Annotations = i == 0 ? new Dictionary<string, string> { [Descriptor.RefName] = name } : null,
            })],
        };
        using var tar = new TarWriter(destination, TarEntryFormat.Gnu, leaveOpen: true);
        Write(tar, "oci-layout", new MemoryStream(Version));
        Write(tar, "index.json", new MemoryStream(index.ToBytes()));
        if (manifest.ArtifactType is null)
        {
            var loaded = new JsonArray(new JsonObject
            {
                ["Config"] = ImageLayout.PathOf(manifest.Config.Digest),
                ["RepoTags"] = new JsonArray(name),
                ["Layers"] = new JsonArray([.. manifest.Layers.Select(layer => (JsonNode)ImageLayout.PathOf(layer.Digest))]),
            });
            Write(tar, "manifest.json", new MemoryStream(Encoding.UTF8.GetBytes(loaded.ToJsonString())));
        }

        var written = new HashSet<Digest>();
        foreach (var (each, bytes) in all)
        {
            WriteBlob(Digest.Of(bytes), _ => new MemoryStream(bytes));
            foreach (var blob in each.Layers.Prepend(each.Config))
            {
                WriteBlob(blob.Digest, digest => blob.Embedded is { } embedded ? new MemoryStream(embedded) : open(digest));
            }
        }

        void WriteBlob(Digest digest, Func<Digest, Stream> content)
        {
            if (written.Add(digest))
            {
                Write(tar, ImageLayout.PathOf(digest), content(digest));
            }
        }
    }

    private static void Write(TarWriter tar, string path, Stream content)
    {
        using (content)
        {
            tar.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, path)
            {
                Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
                ModificationTime = DateTimeOffset.UnixEpoch,
                DataStream = content,
            });
        }
    }
}
