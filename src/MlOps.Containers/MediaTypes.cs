namespace MlOps.Containers;

/// <summary>The media types of the OCI image specification, and Docker's older names for the same things.</summary>
public static class MediaTypes
{
    /// <summary>An OCI image manifest.</summary>
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>An OCI image index.</summary>
    public const string Index = "application/vnd.oci.image.index.v1+json";

    /// <summary>An OCI image's configuration.</summary>
    public const string ImageConfig = "application/vnd.oci.image.config.v1+json";

    /// <summary>A layer of files: a tar compressed by gzip.</summary>
    public const string LayerTarGzip = "application/vnd.oci.image.layer.v1.tar+gzip";

    /// <summary>A layer of files: a tar as it is.</summary>
    public const string LayerTar = "application/vnd.oci.image.layer.v1.tar";

    /// <summary>The two bytes <c>{}</c>: the configuration of an artifact that has none.</summary>
    public const string Empty = "application/vnd.oci.empty.v1+json";

    /// <summary>Bytes of no further meaning.</summary>
    public const string Bytes = "application/octet-stream";

    /// <summary>Docker's image manifest, schema 2.</summary>
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

    /// <summary>Docker's image configuration.</summary>
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";

    /// <summary>Docker's layer of files: a tar compressed by gzip.</summary>
    public const string DockerLayer = "application/vnd.docker.image.rootfs.diff.tar.gzip";

    /// <summary>Docker's manifest list.</summary>
    public const string DockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json";

    /// <summary>Whether a media type is that of an image manifest, OCI's or Docker's.</summary>
    public static bool IsManifest(string mediaType) => mediaType is Manifest or DockerManifest;

    /// <summary>Whether a media type is that of an index of manifests, OCI's or Docker's.</summary>
    public static bool IsIndex(string mediaType) => mediaType is Index or DockerIndex;
}
