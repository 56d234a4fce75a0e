using System.Text.Json;
using MlOps.Containers.Internal;
using MlOps.Content;

namespace MlOps.Containers;

/// <summary>The whole of a layout, as one looks at it before vouching for it.</summary>
public sealed partial class ImageLayout
{
    private const string IndexFile = "index.json", BlobFolder = "blobs/sha256/";

    /// <summary>The members that the specification knows.</summary>
    private static readonly string[] IndexMembers = ["schemaVersion", "mediaType", "artifactType", "manifests", "subject", "annotations"],
        DescriptorMembers = ["mediaType", "digest", "size", "urls", "annotations", "data", "artifactType", "platform"],
        PlatformMembers = ["architecture", "os", "os.version", "os.features", "variant", "features"],
        DockerMembers = ["Config", "RepoTags", "Layers", "LayerSources"];

    /// <summary>Holds every file against what vouches for it: each blob against its name, <c>index.json</c> against the specification, and docker's <c>manifest.json</c>, which <c>docker load</c> reads in its place, against the manifest.</summary>
    /// <remarks>Stricter than reading: what a reader passes over, here it is a fault. Only docker's <c>repositories</c> may stand there unchecked: nothing reads it where there is a <c>manifest.json</c>.</remarks>
    /// <returns>How many blobs there are.</returns>
    /// <exception cref="DiagnosticException">MLO8125: a blob has other bytes than its name says. MLO8126, MLO8129: something else is wrong.</exception>
    public int Check(CancellationToken cancellationToken)
    {
        var blobs = 0;
        foreach (var name in _files.Names())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (name.StartsWith(BlobFolder, StringComparison.Ordinal) && Digest.TryParse($"{Digest.Prefix}{name[BlobFolder.Length..]}", out var digest))
            {
                CheckBlob(name, digest, cancellationToken);
                blobs++;
            }
            else if (name is not (VersionFile or IndexFile or DockerFile or "repositories"))
            {
                throw ArtifactFailure.NotVouchedFor(Path, "the archive", $"'{TarEntries.Shown(name)}' is no part of an image layout");
            }
        }

        using var index = Json(IndexFile);
        CheckIndex(index.RootElement);
        if (_files.Find(DockerFile) is { } file)
        {
            Close(file);
            using var docker = Json(DockerFile);
            CheckDocker(docker.RootElement);
        }

        return blobs;
    }

    private void CheckBlob(string name, Digest digest, CancellationToken cancellationToken)
    {
        var file = _files.Find(name)!.Value;
        using var blob = new CheckedStream(file.Handle, file.Offset, new() { MediaType = "", Digest = digest, Size = file.Length }, Path, file.Owns);
        var block = new byte[1 << 16];
        while (blob.Read(block) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private void CheckIndex(JsonElement index)
    {
        Known(index, IndexMembers, IndexFile);
        if (!index.TryGetProperty("schemaVersion", out _) || Index.MediaType != MediaTypes.Index)
        {
            throw ArtifactFailure.NotVouchedFor(Path, IndexFile, "its schemaVersion is missing, or its media type is none of an index");
        }

        foreach (var manifest in index.GetProperty("manifests").EnumerateArray().Concat(index.TryGetProperty("subject", out var subject) ? [subject] : []))
        {
            Known(manifest, DescriptorMembers, $"a descriptor in {IndexFile}");
            if (manifest.TryGetProperty("platform", out var platform))
            {
                Known(platform, PlatformMembers, $"a platform in {IndexFile}");
            }
        }

        if (Index.Manifests.Any(manifest => manifest is { Data: not null, Embedded: null }))
        {
            throw ArtifactFailure.NotVouchedFor(Path, IndexFile, "a descriptor embeds other bytes than it says");
        }
    }

    private void CheckDocker(JsonElement docker)
    {
        var found = Find();
        var name = Index.Manifests.First(manifest => manifest.Digest == found.Descriptor.Digest).Annotations?.GetValueOrDefault(Descriptor.RefName);
        if (docker is not { ValueKind: JsonValueKind.Array } || docker.GetArrayLength() != 1 || Manifest.TryParse(found.Bytes.Span) is not { } manifest)
        {
            throw Other("it does not name one image, the one that index.json names");
        }

        var image = docker[0];
        Known(image, DockerMembers, DockerFile);
        if (Texts(image, "Config") is not [var config] || config != PathOf(manifest.Config.Digest))
        {
            throw Other($"its configuration is not {manifest.Config.Digest}");
        }

        if (!Texts(image, "Layers").SequenceEqual(manifest.Layers.Select(layer => PathOf(layer.Digest))))
        {
            throw Other("its layers are others than the manifest's");
        }

        // docker calls the whole name a tag, an index sometimes what follows the last colon.
        var tags = Texts(image, "RepoTags");
        if (name is null ? tags.Length > 0 : tags.Length == 0 || !tags.All(tag => tag == name || tag.EndsWith($":{name}", StringComparison.Ordinal)))
        {
            throw Other($"it calls the image '{TarEntries.Shown(string.Join(", ", tags))}', index.json '{TarEntries.Shown(name ?? "")}'");
        }
    }

    private DiagnosticException Other(string why) => ArtifactFailure.NotVouchedFor(Path, $"docker's {DockerFile}", why);

    /// <summary>A text or a list of texts; a text that is none is taken as one that fits nothing.</summary>
    private static string[] Texts(JsonElement json, string member) => !json.TryGetProperty(member, out var value) ? [] : value.ValueKind switch
    {
        JsonValueKind.Null => [],
        JsonValueKind.Array => [.. value.EnumerateArray().Select(Text)],
        _ => [Text(value)],
    };

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private void Known(JsonElement json, string[] members, string what)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw ArtifactFailure.NotVouchedFor(Path, what, "it is no object");
        }

        if (json.EnumerateObject().Select(member => member.Name).FirstOrDefault(member => !members.Contains(member)) is { } unknown)
        {
            throw ArtifactFailure.NotVouchedFor(Path, what, $"nobody knows its member '{TarEntries.Shown(unknown)}'");
        }
    }

    private JsonDocument Json(string name)
    {
        try
        {
            return JsonDocument.Parse(Document(name), new() { MaxDepth = 32, AllowDuplicateProperties = false });
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw ArtifactFailure.BadLayout(Path, $"'{name}' is no JSON: {TarEntries.Shown(failure.Message)}");
        }
    }
}
