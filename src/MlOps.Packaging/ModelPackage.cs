using System.Text;
using System.Text.Json.Nodes;
using MlOps.Containers;
using MlOps.Content;

namespace MlOps.Packaging;

/// <summary>A trained model with all that goes with it, as an OCI artifact after CNCF ModelPack. Its bytes follow from its files and from what it says of itself alone.</summary>
/// <remarks>https://github.com/modelpack/model-spec. Every file is a layer of its own, uncompressed, so that a registry keeps once what versions share.</remarks>
public sealed class ModelPackage
{
    /// <summary>The artifact type of packages.</summary>
    public const string ArtifactType = "application/vnd.cncf.model.manifest.v1+json";

    /// <summary>The media type of a package's configuration.</summary>
    public const string ConfigType = "application/vnd.cncf.model.config.v1+json";

    private const string Title = "org.opencontainers.image.title";
    private const string Again = "whoever made it has to make it again: ./build.sh Package";
    private const int MostConfigBytes = 1 << 20, MostFiles = 10_000;

    private ModelPackage(PackageDescription description, IReadOnlyList<PackageFile> files, byte[] config, byte[] manifest) =>
        (Description, Files, Config, Manifest, Digest) = (description, files, config, manifest, Digest.Of(manifest));

    /// <summary>What it says of itself.</summary>
    public PackageDescription Description { get; }

    /// <summary>Its files, ordinally by path.</summary>
    public IReadOnlyList<PackageFile> Files { get; }

    /// <summary>The configuration's bytes.</summary>
    public ReadOnlyMemory<byte> Config { get; }

    /// <summary>The manifest's bytes.</summary>
    public ReadOnlyMemory<byte> Manifest { get; }

    /// <summary>The sha256 of the manifest: the package's identity.</summary>
    public Digest Digest { get; }

    /// <summary>Everything that it consists of besides the manifest: the configuration, then the files.</summary>
    public IEnumerable<Digest> Blobs => Files.Select(file => file.Digest).Prepend(Digest.Of(Config.Span)).Distinct();

    /// <summary>The bytes of manifest, configuration and all files.</summary>
    public long Size => Manifest.Length + Config.Length + Files.Sum(file => file.Size);

    /// <summary>The file of a path, or null.</summary>
    public PackageFile? Find(string path) => Files.FirstOrDefault(file => file.Path == path);

    /// <summary>Makes a package.</summary>
    /// <param name="description">What it says of itself.</param>
    /// <param name="files">Its files, in any order.</param>
    /// <exception cref="ArgumentException">A path stands twice or is none, or there is no file.</exception>
    public static ModelPackage Create(PackageDescription description, IEnumerable<PackageFile> files)
    {
        PackageFile[] sorted = [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
        if (sorted.Length == 0 || sorted.FirstOrDefault(file => !PackageFile.IsPath(file.Path)) is not null || sorted.DistinctBy(file => file.Path).Count() != sorted.Length)
        {
            throw new ArgumentException("there is no file, or a path is none or stands twice", nameof(files));
        }

        var config = Encoding.UTF8.GetBytes(description.ToJson(sorted).ToJsonString(PackageDescription.Readable));
        var manifest = new Manifest
        {
            ArtifactType = ArtifactType,
            Config = Descriptor.Of(ConfigType, config),
            Layers = [.. sorted.Select(file => new Descriptor
            {
                MediaType = file.MediaType,
                Digest = file.Digest,
                Size = file.Size,
                Annotations = new SortedDictionary<string, string>(StringComparer.Ordinal) { [PackageFile.PathAnnotation] = file.Path },
            })],
            Annotations = new SortedDictionary<string, string>(StringComparer.Ordinal) { [Title] = description.Name },
        };
        return new(description, sorted, config, manifest.ToBytes());
    }

    /// <summary>Reads a package of whatever origin.</summary>
    /// <param name="manifest">The manifest's bytes.</param>
    /// <param name="open">A blob by its digest; null where it is not to be had. Its bytes are checked here.</param>
    /// <param name="where">What diagnostics name.</param>
    /// <exception cref="DiagnosticException">MLO7160 to MLO7163: it is no package, or damaged, or says something that cannot be.</exception>
    public static ModelPackage Read(ReadOnlyMemory<byte> manifest, Func<Digest, byte[]?> open, string where)
    {
        if (Containers.Manifest.TryParse(manifest.Span) is not { } parsed || parsed.ArtifactType != ArtifactType || parsed.Config.MediaType != ConfigType)
        {
            var found = Containers.Manifest.TryParse(manifest.Span);
            throw Wrong("MLO7160", "this is no model package", where, found is null ? "it is no OCI manifest" : $"its type is {ForeignText.Shown(found.ArtifactType ?? found.Config.MediaType, 100)}, not {ArtifactType}", "look at what it is: ./build.sh Inspect, or skopeo inspect --raw");
        }

        if (parsed.Subject is not null)
        {
            throw Wrong("MLO7160", "this is no model package", where, "it is attached to something else, as attestations are", "name the package itself");
        }

        if (parsed.Config.Size is < 2 or > MostConfigBytes || parsed.Layers.Count is 0 or > MostFiles)
        {
            throw Wrong("MLO7161", "the package says something that cannot be", where, $"its configuration has {parsed.Config.Size} bytes, and it has {parsed.Layers.Count} files", Again);
        }

        var files = FilesOf(parsed, where);
        var config = open(parsed.Config.Digest) ?? throw Wrong("MLO7162", "the package's configuration is missing", where, $"{parsed.Config.Digest} is not there", "pull it again");
        if (config.LongLength != parsed.Config.Size || Digest.Of(config) != parsed.Config.Digest)
        {
            throw Wrong("MLO7163", "the package's configuration is damaged or another one", where, $"it is {Digest.Of(config)}, not {parsed.Config.Digest}", "pull it again");
        }

        var description = PackageDescription.TryParse(config) ?? throw Wrong("MLO7161", "the package says something that cannot be", where, "its configuration is not that of a ModelPack artifact", Again);
        return new(description, files, config, manifest.ToArray());
    }

    private static List<PackageFile> FilesOf(Manifest manifest, string where)
    {
        var files = new List<PackageFile>();
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var layer in manifest.Layers)
        {
            var path = layer.Annotations?.GetValueOrDefault(PackageFile.PathAnnotation);
            var shown = ForeignText.Shown(path ?? "", 200);
            var why = path is null ? $"a layer has no {PackageFile.PathAnnotation}"
                : !PackageFile.IsPath(path) ? $"'{shown}' is no plain relative path"
                : !paths.Add(path) ? $"'{shown}' stands twice"
                : PackageFile.KindOf(layer.MediaType) is null ? $"'{shown}' has the media type {ForeignText.Shown(layer.MediaType, 100)}, which is not known here"
                : layer.Size < 0 ? $"'{shown}' has a size below 0"
                : null;
            if (why is not null)
            {
                throw Wrong("MLO7161", "the package says something that cannot be", where, why, Again);
            }

            files.Add(new(path!, PackageFile.KindOf(layer.MediaType)!.Value, layer.Digest, layer.Size));
        }

        return files;
    }

    private static DiagnosticException Wrong(string code, string what, string where, string why, string mend) => new(new Diagnostic(code, what) { Where = where, Why = why, Mend = mend });
}
