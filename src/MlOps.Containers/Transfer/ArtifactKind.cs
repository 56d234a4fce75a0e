using System.Text.Json;
using MlOps.Containers.Internal;

namespace MlOps.Containers;

/// <summary>What kind of manifest is wanted; anything else is refused.</summary>
public sealed record ArtifactKind
{
    private const int MostBlobs = 1000;

    /// <summary>An image of OCI or of Docker (schema 2), whose layers are tars, plain or compressed by gzip.</summary>
    public static ArtifactKind Image { get; } = new()
    {
        Name = "image",
        IsArtifactType = type => type is null,
        IsConfig = type => type is MediaTypes.ImageConfig or MediaTypes.DockerConfig,
        IsLayer = type => type is MediaTypes.LayerTarGzip or MediaTypes.LayerTar or MediaTypes.DockerLayer,
    };

    /// <summary>Any manifest that is well formed.</summary>
    public static ArtifactKind Any { get; } = new() { Name = "manifest" };

    /// <summary>How diagnostics call it.</summary>
    public required string Name { get; init; }

    /// <summary>Whether a manifest's <c>artifactType</c> is right.</summary>
    public Func<string?, bool> IsArtifactType { get; init; } = _ => true;

    /// <summary>Whether the media type of a configuration is right.</summary>
    public Func<string, bool> IsConfig { get; init; } = _ => true;

    /// <summary>Whether the media type of a layer is right.</summary>
    public Func<string, bool> IsLayer { get; init; } = _ => true;

    /// <summary>An artifact: all of its types begin as they should.</summary>
    /// <param name="name">How diagnostics call it.</param>
    /// <param name="artifactType">Exactly.</param>
    /// <param name="configType">Exactly.</param>
    /// <param name="layerTypes">What the media types of all layers begin with.</param>
    public static ArtifactKind Of(string name, string artifactType, string configType, string layerTypes = "") => new()
    {
        Name = name,
        IsArtifactType = type => type == artifactType,
        IsConfig = type => type == configType,
        IsLayer = type => type.StartsWith(layerTypes, StringComparison.Ordinal),
    };

    /// <summary>Reads a manifest of this kind.</summary>
    /// <param name="stored">Its bytes, and the media type that it goes by.</param>
    /// <param name="where">What diagnostics name as the place.</param>
    /// <exception cref="Content.DiagnosticException">MLO8121: it is something else, and why.</exception>
    public Manifest Parse(StoredManifest stored, string where)
    {
        if (!MediaTypes.IsManifest(stored.Descriptor.MediaType))
        {
            throw Fail(stored, where, $"its media type is '{TarEntries.Shown(stored.Descriptor.MediaType)}'");
        }

        Manifest manifest;
        try
        {
            manifest = JsonSerializer.Deserialize(stored.Bytes.Span, JsonText.Plain.Manifest) ?? throw Fail(stored, where, "it is null");
        }
        catch (JsonException failure)
        {
            throw Fail(stored, where, $"it is no manifest: {TarEntries.Shown(failure.Message)}");
        }

        return Fault(manifest, stored.Descriptor.MediaType) is { } fault ? throw Fail(stored, where, fault) : manifest;
    }

    private static bool IsBlob(Descriptor? blob) => blob is { Size: >= 0, Data: null } or { Embedded: not null };

    private string? Fault(Manifest manifest, string mediaType) => manifest switch
    {
        { SchemaVersion: not 2 } => FormattableString.Invariant($"its schemaVersion is {manifest.SchemaVersion}, not 2"),
        _ when manifest.MediaType != mediaType => $"it goes by '{mediaType}', and calls itself '{TarEntries.Shown(manifest.MediaType)}'",
        { Layers.Count: > MostBlobs } => FormattableString.Invariant($"it has {manifest.Layers.Count} layers, more than {MostBlobs}"),
        _ when !manifest.Layers.Prepend(manifest.Config).All(IsBlob) => "a descriptor is missing, has a negative size, or embeds other bytes than it says",
        { Subject.Size: < 0 } => "the size of its subject is negative",
        _ when !IsArtifactType(manifest.ArtifactType) => manifest.ArtifactType is { } type ? $"its artifactType is '{TarEntries.Shown(type)}'" : $"it has no artifactType, and a config of '{TarEntries.Shown(manifest.Config.MediaType)}'",
        _ when !IsConfig(manifest.Config.MediaType) => $"the media type of its config is '{TarEntries.Shown(manifest.Config.MediaType)}'",
        _ => manifest.Layers.FirstOrDefault(layer => !IsLayer(layer.MediaType)) is { } layer ? $"the media type of layer {layer.Digest} is '{TarEntries.Shown(layer.MediaType)}'" : null,
    };

    private Content.DiagnosticException Fail(StoredManifest stored, string where, string why) =>
        ArtifactFailure.NotWhatItShouldBe(where, $"{Name} {stored.Descriptor.Digest}", why);
}
