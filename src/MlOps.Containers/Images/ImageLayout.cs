using System.Text.Json;
using MlOps.Containers.Internal;
using MlOps.Content;

namespace MlOps.Containers;

/// <summary>An OCI image layout from elsewhere, as a folder or as a tar, plain or compressed by gzip. Nothing of it is believed, and nothing is unpacked by its name.</summary>
/// <remarks>https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md. Blobs are found by digest only, and every byte is held against digest and size.
/// Threads may read it side by side.</remarks>
public sealed partial class ImageLayout : IDisposable
{
    internal const string VersionFile = "oci-layout", DockerFile = "manifest.json";
    private const int MostManifests = 1000;

    private readonly LayoutFiles _files;

    private ImageLayout(string path, LayoutFiles files)
    {
        (Path, _files) = (path, files);
        var version = Document(VersionFile) ?? throw (files.Names().Contains(DockerFile) ? ArtifactFailure.DockerArchive(path) : ArtifactFailure.BadLayout(path, $"it has no file '{VersionFile}'"));
        if (JsonText.TryRead(version, JsonText.Plain.LayoutVersion) is not { ImageLayoutVersion: "1.0.0" })
        {
            throw ArtifactFailure.BadLayout(path, "its file 'oci-layout' names no version 1.0.0");
        }

        Index = ReadIndex(Document("index.json") ?? throw ArtifactFailure.BadLayout(path, "it has no file 'index.json'"), "index.json");
    }

    /// <summary>The folder or file.</summary>
    public string Path { get; }

    /// <summary>Its <c>index.json</c>: what can be found without knowing a digest.</summary>
    public ImageIndex Index { get; }

    /// <summary>Opens one.</summary>
    /// <param name="path">A folder or a file.</param>
    /// <param name="limits">How much it may hold.</param>
    /// <exception cref="DiagnosticException">MLO8122 (too large), MLO8123 (not there), MLO8124 (a tar that is damaged or hostile), MLO8126 (no image layout), MLO8160 (an archive as docker saved it before it knew layouts).</exception>
    public static ImageLayout Open(string path, LayoutLimits? limits = null)
    {
#pragma warning disable CA2000 // The layout owns it.
        var files = LayoutFiles.Open(path, limits ?? new());
#pragma warning restore CA2000
        try
        {
            return new(path, files);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>The manifest or index of a name; without a name, the only one that is not attached to another.</summary>
    /// <exception cref="DiagnosticException">MLO8123: there is none, or several.</exception>
    public StoredManifest Find(string? name = null)
    {
        var found = name is not null
            ? Index.Manifests.Where(descriptor => descriptor.Annotations?.GetValueOrDefault(Descriptor.RefName) == name).ToList()
            : [.. Index.Manifests.DistinctBy(descriptor => descriptor.Digest).Where(descriptor => SubjectOf(Read(descriptor)) is null)];
        return found.Select(descriptor => descriptor.Digest).Distinct().Count() == 1
            ? Read(found[0])
            : throw ArtifactFailure.Missing(Path, name is null ? "the image or package" : $"'{TarEntries.Shown(name)}'",
                $"of the {Index.Manifests.Count} manifests in index.json, {found.Count} {(name is null ? "are attached to no other" : "have that name")}");
    }

    /// <summary>The manifests of <c>index.json</c> whose <c>subject</c> is a manifest, in their order.</summary>
    public IReadOnlyList<StoredManifest> AttachedTo(Digest subject) =>
        [.. Index.Manifests.DistinctBy(descriptor => descriptor.Digest).Where(descriptor => descriptor.Digest != subject).Select(Read).Where(manifest => SubjectOf(manifest) == subject)];

    /// <summary>A manifest or an index, held against digest, size and media type.</summary>
    /// <exception cref="DiagnosticException">MLO8121: it is neither. MLO8123, MLO8125: it is not there, or not what the descriptor says.</exception>
    public StoredManifest Read(Descriptor manifest)
    {
        if (!MediaTypes.IsManifest(manifest.MediaType) && !MediaTypes.IsIndex(manifest.MediaType))
        {
            throw ArtifactFailure.NotWhatItShouldBe(Path, $"manifest {manifest.Digest}", $"its media type is '{TarEntries.Shown(manifest.MediaType)}'");
        }

        var bytes = ReadBlob(manifest, Manifest.MaximumBytes);
        if (MediaTypes.IsIndex(manifest.MediaType))
        {
            ReadIndex(bytes, $"index {manifest.Digest}", manifest.MediaType);
        }
        else
        {
            var parsed = ArtifactKind.Any.Parse(new(manifest, bytes), Path);
            if (manifest.ArtifactType is { } told && told != (parsed.ArtifactType ?? parsed.Config.MediaType))
            {
                throw ArtifactFailure.OtherBytes(Path, $"manifest {manifest.Digest}", $"its artifactType is '{TarEntries.Shown(parsed.ArtifactType ?? "")}', not '{TarEntries.Shown(told)}'");
            }
        }

        return new(manifest, bytes);
    }

    /// <summary>The bytes of a small blob, checked.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="most">A longer one is refused.</param>
    /// <exception cref="DiagnosticException">MLO8122 (too large), MLO8123 (not there), MLO8125 (not what the descriptor says).</exception>
    public byte[] ReadBlob(Descriptor blob, int most)
    {
        if (blob.Size > most)
        {
            throw ArtifactFailure.TooLarge(Path, $"blob {blob.Digest}", FormattableString.Invariant($"it has {blob.Size} bytes, and at most {most} are taken"));
        }

        using var stream = OpenBlob(blob);
        var bytes = new byte[blob.Size];
        stream.ReadExactly(bytes);
        // Also of an empty blob the end is to be told.
        _ = stream.Read(new byte[1]);
        return bytes;
    }

    /// <summary>The bytes of a blob; reading fails at their end (MLO8125) if they are not what the descriptor says.</summary>
    /// <exception cref="DiagnosticException">MLO8123: it is not there. MLO8125: it has another size.</exception>
    public Stream OpenBlob(Descriptor blob)
    {
        var file = _files.Find(PathOf(blob.Digest)) ?? throw ArtifactFailure.Missing(Path, $"blob {blob.Digest}", $"the layout has no '{PathOf(blob.Digest)}'");
        if (file.Length == blob.Size)
        {
            return new CheckedStream(file.Handle, file.Offset, blob, Path, file.Owns);
        }

        Close(file);
        throw ArtifactFailure.OtherBytes(Path, $"blob {blob.Digest}", FormattableString.Invariant($"it has {file.Length} bytes, not {blob.Size}"));
    }

    /// <inheritdoc/>
    public void Dispose() => _files.Dispose();

    internal static string PathOf(Digest digest) => $"blobs/sha256/{digest.Hex}";

    private static Digest? SubjectOf(StoredManifest stored) =>
        MediaTypes.IsIndex(stored.Descriptor.MediaType) ? ImageIndex.TryParse(stored.Bytes.Span)?.Subject?.Digest : Manifest.TryParse(stored.Bytes.Span)?.Subject?.Digest;

    private static void Close(LayoutFile file)
    {
        if (file.Owns)
        {
            file.Handle.Dispose();
        }
    }

    private ImageIndex ReadIndex(byte[] bytes, string what, string? mediaType = null)
    {
        try
        {
            var index = JsonSerializer.Deserialize(bytes, JsonText.Plain.ImageIndex);
            if (index?.Manifests.Count > MostManifests)
            {
                throw ArtifactFailure.TooLarge(Path, what, FormattableString.Invariant($"it lists {index.Manifests.Count} manifests, more than {MostManifests}"));
            }

            return index is { SchemaVersion: 2 } && !index.Manifests.Any(entry => entry is null or { Size: < 0 }) && (mediaType is null || index.MediaType == mediaType)
                ? index
                : throw ArtifactFailure.BadLayout(Path, $"{what} is no index: its schemaVersion, its media type or a descriptor is wrong");
        }
        catch (JsonException failure)
        {
            throw ArtifactFailure.BadLayout(Path, $"{what} is no index: {TarEntries.Shown(failure.Message)}");
        }
    }

    private byte[]? Document(string name)
    {
        if (_files.Find(name) is not { } file)
        {
            return null;
        }

        try
        {
            if (file.Length > Manifest.MaximumBytes)
            {
                throw ArtifactFailure.TooLarge(Path, $"'{name}'", FormattableString.Invariant($"it has {file.Length} bytes, and at most {Manifest.MaximumBytes} are taken"));
            }

            var bytes = new byte[file.Length];
            var got = 0;
            for (int read; (read = RandomAccess.Read(file.Handle, bytes.AsSpan(got), file.Offset + got)) > 0; got += read)
            {
            }

            return bytes[..got];
        }
        finally
        {
            Close(file);
        }
    }
}
