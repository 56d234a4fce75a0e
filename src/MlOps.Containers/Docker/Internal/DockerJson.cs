using System.Text.Json.Serialization;

namespace MlOps.Containers.Docker.Internal;

/// <summary>The JSON of the Engine API, whose names begin with capitals; a foreign format, so unknown members are passed over and any may be missing.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MessageAnswer))]
[JsonSerializable(typeof(VersionAnswer))]
[JsonSerializable(typeof(ProgressMessage))]
[JsonSerializable(typeof(RegistryLogin))]
[JsonSerializable(typeof(ImageAnswer))]
[JsonSerializable(typeof(DistributionAnswer))]
[JsonSerializable(typeof(CreateBody))]
[JsonSerializable(typeof(CreateAnswer))]
[JsonSerializable(typeof(ContainerAnswer))]
[JsonSerializable(typeof(IReadOnlyList<ListedContainer?>))]
[JsonSerializable(typeof(WaitAnswer))]
[JsonSerializable(typeof(StatsAnswer))]
[JsonSerializable(typeof(EventMessage))]
[JsonSerializable(typeof(Dictionary<string, IReadOnlyList<string>>))]
internal sealed partial class DockerJson : JsonSerializerContext;

/// <summary>An engine's words for what went wrong.</summary>
internal sealed record MessageAnswer([property: JsonPropertyName("message")] string? Message);

/// <summary>What an engine is.</summary>
internal sealed record VersionAnswer(string? Version, string? ApiVersion, string? Os, string? Arch);

/// <summary>A line of what loading and pulling tell.</summary>
internal sealed record ProgressMessage(
    [property: JsonPropertyName("stream")] string? Stream,
    [property: JsonPropertyName("error")] string? Error,
    [property: JsonPropertyName("errorDetail")] MessageAnswer? ErrorDetail);

/// <summary>Who one is to a registry, for the header X-Registry-Auth.</summary>
internal sealed record RegistryLogin
{
    [JsonPropertyName("serveraddress")]
    public required string ServerAddress { get; init; }

    [JsonPropertyName("username")]
    public string? UserName { get; set; }

    [JsonPropertyName("password")]
    public string? Password { get; set; }

    [JsonPropertyName("identitytoken")]
    public string? IdentityToken { get; set; }

    [JsonPropertyName("registrytoken")]
    public string? RegistryToken { get; set; }
}

/// <summary>What a registry has under a name.</summary>
internal sealed record DistributionAnswer(DistributionDescriptor? Descriptor);

/// <summary>Its descriptor.</summary>
internal sealed record DistributionDescriptor(
    [property: JsonPropertyName("mediaType")] string? MediaType,
    [property: JsonPropertyName("digest")] string? Digest,
    [property: JsonPropertyName("size")] long Size);

/// <summary>A container that was made.</summary>
internal sealed record CreateAnswer(string? Id, IReadOnlyList<string>? Warnings);

/// <summary>How a container ended.</summary>
internal sealed record WaitAnswer(int? StatusCode, WaitError? Error);

/// <summary>Why one could not wait for it.</summary>
internal sealed record WaitError(string? Message);
