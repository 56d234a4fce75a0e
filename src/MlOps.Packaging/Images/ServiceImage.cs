using MlOps.Containers;
using MlOps.Content;
using MlOps.Packaging.Images.Internal;
using MlOps.Scoring.Computed;

namespace MlOps.Packaging.Images;

/// <summary>A file of the model layer.</summary>
/// <param name="Path">In the package: <c>model.onnx</c>, <c>code/Models.bike.dll</c>.</param>
/// <param name="Open">Its bytes, from the first on.</param>
public sealed record ModelFile(string Path, Func<Stream> Open);

/// <summary>The model that an image serves.</summary>
public sealed record ServedModel
{
    /// <summary>The name in the service's URLs.</summary>
    public required string Name { get; init; }

    /// <summary>What goes into the image.</summary>
    public required IReadOnlyList<ModelFile> Files { get; init; }

    /// <summary>Which of the files the service loads.</summary>
    public required string Path { get; init; }

    /// <summary>That file's sha256.</summary>
    public required Digest Digest { get; init; }

    /// <summary>What computes some of the model's inputs, its assembly one of the files; null where callers have all of them.</summary>
    public DeployedCode? Code { get; init; }
}

/// <summary>The scoring service with one model as an OCI image: base, runtime and service, model; each a layer of its own, so that another model changes the last one alone.</summary>
/// <param name="Manifest">What the image is.</param>
/// <param name="Config">The bytes of its configuration.</param>
public sealed record ServiceImage(Manifest Manifest, byte[] Config)
{
    /// <summary>The port that it listens on.</summary>
    public const int Port = 8080;

    private const string ModelFolder = "srv/models", Annotation = "org.opencontainers.image.";
    private const long Second = 1_000_000_000;

    /// <summary>Packs a model and what the service is told of it into a layer; it names neither version nor time.</summary>
    /// <param name="model">The model.</param>
    /// <param name="destination">Where the compressed layer goes.</param>
    public static Layer WriteModel(ServedModel model, Stream destination)
    {
        var folder = $"{ModelFolder}/{model.Name}";
        var config = new ServiceFile
        {
            Url = $"http://[::]:{Port}",
            Models = [new() { Name = model.Name, Path = $"/{folder}/{model.Path}", Digest = model.Digest, About = $"/{folder}", Code = model.Code is { } code ? Placed(code, folder) : null }],
        }.ToBytes();
        return Layer.Write(
            [.. model.Files.Select(file => new LayerEntry.File($"{folder}/{file.Path}", file.Open)), new LayerEntry.File("etc/mlops/service.json", () => new MemoryStream(config))],
            destination);
    }

    /// <summary>The image of three parts; the same parts and labels give the same bytes.</summary>
    /// <param name="onto">What it stands on.</param>
    /// <param name="service">Of <see cref="ServicePublish.Write"/>.</param>
    /// <param name="model">Of <see cref="WriteModel"/>.</param>
    /// <param name="labels">What else the image says of itself, such as <c>org.opencontainers.image.title</c>: in the configuration, and as the manifest's annotations.</param>
    public static ServiceImage Compose(BaseImage onto, Layer service, Layer model, IReadOnlyDictionary<string, string> labels)
    {
        var all = new SortedDictionary<string, string>(labels.ToDictionary(), StringComparer.Ordinal)
        {
            [Annotation + "base.digest"] = onto.Digest.ToString(),
            [Annotation + "base.name"] = onto.Name,
        };
        Layer[] layers = [.. onto.Layers, service, model];
        var config = new ImageConfig
        {
            Architecture = "amd64",
            Os = "linux",
            Config = new()
            {
                User = $"{DebianRoot.User}:{DebianRoot.User}",
                ExposedPorts = new Dictionary<string, Nothing> { [$"{Port}/tcp"] = new() },
                // Diagnostics would write a socket into /tmp, which a read-only root does not let them.
                Env = [.. onto.Environment.Where(variable => !variable.StartsWith("DOTNET_EnableDiagnostics=", StringComparison.Ordinal)), "DOTNET_EnableDiagnostics=0", $"MLOPS_URL=http://[::]:{Port}"],
                Entrypoint = [ServicePublish.Entrypoint],
                WorkingDir = "/app",
                Labels = all,
                StopSignal = "SIGTERM",
                // Each check starts a process for some tens of milliseconds, for as long as the container lives: seldom, then. Engines from API 1.44 on look every second until it is up;
                // older ones pass StartInterval over and look after the first interval. Whoever waits for the service asks it over HTTP, or gives the container an interval of its own.
                Healthcheck = new() { Test = ["CMD", ServicePublish.Entrypoint, "--health"], Interval = 30 * Second, Timeout = 3 * Second, StartPeriod = 10 * Second, StartInterval = Second, Retries = 3 },
            },
            RootFs = new() { Type = "layers", DiffIds = [.. layers.Select(layer => layer.DiffId)] },
            History = [.. onto.Layers.Select(_ => new HistoryEntry { CreatedBy = $"base {onto.Name}" }), new() { CreatedBy = "runtime and service" }, new() { CreatedBy = "model" }],
        }.ToBytes();
        return new(new() { Config = Descriptor.Of(MediaTypes.ImageConfig, config), Layers = [.. layers.Select(layer => layer.Descriptor)], Annotations = all }, config);
    }

    private static DeployedCode Placed(DeployedCode code, string folder) =>
        new($"/{folder}/{code.Assembly}", Sorted(code.Files), Sorted(code.Functions), Sorted(code.Columns));

    private static SortedDictionary<string, T> Sorted<T>(IReadOnlyDictionary<string, T> map) => new(map.ToDictionary(), StringComparer.Ordinal);
}
