using System.Text.Json;
using System.Text.Json.Serialization;
using MlOps.Content;
using MlOps.Scoring.Computed;
using MlOps.Serving.Inferences;

namespace MlOps.Serving;

/// <summary>What to serve and where: the content of <c>service.json</c>. Unknown and duplicate members are errors.</summary>
internal sealed record ServiceConfig
{
    /// <summary>Where a container image has it.</summary>
    public const string InContainer = "/etc/mlops/service.json";

    private const string UrlVariable = "MLOPS_URL", VersionVariable = "MLOPS_VERSION", CommitVariable = "MLOPS_COMMIT";

    /// <summary>The address to listen on, <c>http://HOST:PORT</c> or <c>https://HOST:PORT</c>: an IP address or <c>localhost</c>; <c>0.0.0.0</c> and <c>[::]</c> are all addresses, of IPv6 too where there is any; port 0 takes any free one.</summary>
    public required Uri Url { get; init; }

    /// <summary>At least one; names unique.</summary>
    public required IReadOnlyList<ModelEntry> Models { get; init; }

    /// <summary>How long requests in flight may take after SIGTERM, in seconds; 10 where absent.</summary>
    public int? GraceSeconds { get; init; }

    /// <summary>How much callers may ask for; the defaults where absent.</summary>
    public ServiceLimits? Limits { get; init; }

    /// <summary>Who may ask: the sha256 of each key, by the name of who has it; anybody where absent.</summary>
    public IReadOnlyDictionary<string, Digest>? Keys { get; init; }

    /// <summary>The files for <c>https</c>; needed where <see cref="Url"/> says so.</summary>
    public TlsFiles? Tls { get; init; }

    /// <summary>What is kept of requests and answers; nothing where absent.</summary>
    public InferenceLogConfig? Log { get; init; }

    /// <summary><see cref="GraceSeconds"/> or its default, which generated deserialisation would lose as a property's initial value.</summary>
    [JsonIgnore]
    public TimeSpan Grace => TimeSpan.FromSeconds(GraceSeconds ?? 10);

    /// <summary>Reads and checks the file.</summary>
    /// <exception cref="DiagnosticException">MLO7021: it cannot be read, is not JSON, or says something that cannot be.</exception>
    public static ServiceConfig Load(string path)
    {
        try
        {
            var config = JsonSerializer.Deserialize(File.ReadAllBytes(path), ConfigJson.Default.ServiceConfig)
                ?? throw Wrong(path, "it is null");
            return config.Problem() is { } problem ? throw Wrong(path, problem) : config;
        }
        catch (JsonException problem)
        {
            throw Wrong($"{path}:{problem.LineNumber + 1}", problem.Message);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw Wrong(path, problem.Message);
        }
    }

    /// <summary>The container's file, with what the container was started with: <c>MLOPS_URL</c> instead of its address, <c>MLOPS_VERSION</c> and <c>MLOPS_COMMIT</c> as version and commit of models that have none there.</summary>
    /// <exception cref="DiagnosticException">MLO7021, MLO7231.</exception>
    public static ServiceConfig OfContainer()
    {
        var config = Load(InContainer);
        var (version, commit) = (Variable(VersionVariable), Variable(CommitVariable));
        var given = config with { Url = GivenUrl() ?? config.Url };
        return given.Problem() is { } problem ? throw Wrong(InContainer, problem) : given with { Models = [.. config.Models.Select(model => model with { Version = model.Version ?? version, Commit = model.Commit ?? commit })] };
    }

    /// <summary>The address alone, of which the file is read only where nothing else says it.</summary>
    /// <exception cref="DiagnosticException">MLO7021, MLO7231.</exception>
    public static Uri UrlOfContainer() => GivenUrl() ?? Load(InContainer).Url;

    private static Uri? GivenUrl() =>
        Variable(UrlVariable) is not { } text ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var url) && IsAddress(url) ? url
        : throw new DiagnosticException(new Diagnostic("MLO7231", $"{UrlVariable} '{text}' is not http://HOST:PORT or https://HOST:PORT") { Mend = $"start the container with another one, such as {UrlVariable}=http://[::]:8080" });

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static bool IsAddress(Uri url) => url.IsAbsoluteUri && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps);

    private string? Problem() =>
        !IsAddress(Url) ? $"url '{Url.OriginalString}' is not http://HOST:PORT or https://HOST:PORT"
        : (Url.Scheme == Uri.UriSchemeHttps) != (Tls is not null) ? (Tls is null ? "url is https, and there is no tls with the files of a certificate" : "there is tls, and url is not https")
        : Models.Count == 0 ? "models is empty"
        : GraceSeconds is < 0 or > 3600 ? "graceSeconds is not within 0 and 3600"
        : Keys is { Count: 0 } ? "keys is empty: nobody could ask anything"
        : (Limits?.Problem() ?? Log?.Problem()) is { } problem ? problem
        : Models.FirstOrDefault(model => !Content.Digest.TryParse(model.Digest, out _)) is { } bad
            ? $"digest '{bad.Digest}' of model '{bad.Name}' is not a sha256"
        : Models.GroupBy(model => model.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? $"model '{twice.Key}' stands twice"
        : null;

    private static DiagnosticException Wrong(string where, string why) =>
        new(new Diagnostic("MLO7021", "the service's configuration cannot be used") { Where = where, Why = why });
}

/// <summary>What a service shows who it is with: PEM files, read again when they change.</summary>
/// <param name="Certificate">The certificate, then the chain up to the one that callers know.</param>
/// <param name="Key">Its private key, without a password.</param>
internal sealed record TlsFiles(string Certificate, string Key);

/// <summary>A model to serve.</summary>
internal sealed record ModelEntry
{
    /// <summary>The name in the URL.</summary>
    public required string Name { get; init; }

    /// <summary>The version in the URL; <c>sha-</c> and 12 hex digits of the digest unless given.</summary>
    public string? Version { get; init; }

    /// <summary>The ONNX file; relative paths are meant from the configuration's working directory.</summary>
    public required string Path { get; init; }

    /// <summary>The file's sha256; other bytes are refused.</summary>
    public required string Digest { get; init; }

    /// <summary>What computes some of the model's inputs; absent where callers have all of them.</summary>
    public DeployedCode? Code { get; init; }

    /// <summary>A folder with the files of the model's package that the page shows: card, metrics, examples, signature.</summary>
    public string? About { get; init; }

    /// <summary>The commit whose lock pins it, which the page shows.</summary>
    public string? Commit { get; init; }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    PropertyNameCaseInsensitive = false, AllowDuplicateProperties = false, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true, UseStringEnumConverter = true, Converters = [typeof(DigestJson)], NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(ServiceConfig))]
internal sealed partial class ConfigJson : JsonSerializerContext;
