using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using MlOps.Content;

namespace MlOps.Containers.Internal;

/// <summary>The JSON of registries and of container tools' configurations: foreign formats, so unknown members are passed over.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(DigestJson)])]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(ImageIndex))]
[JsonSerializable(typeof(LayoutVersion))]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(TagList))]
[JsonSerializable(typeof(ErrorAnswer))]
[JsonSerializable(typeof(DockerConfig))]
[JsonSerializable(typeof(HelperAnswer))]
internal sealed partial class ContainersJson : JsonSerializerContext;

/// <summary>Reads and writes it.</summary>
internal static class JsonText
{
    /// <summary>Writes <c>+</c> as itself: media types stay readable. A member that stands twice is refused: two readers would understand two things.</summary>
    public static ContainersJson Plain { get; } = new(new JsonSerializerOptions(ContainersJson.Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, AllowDuplicateProperties = false });

    /// <summary>A value, or null if the bytes are something else.</summary>
    public static T? TryRead<T>(ReadOnlySpan<byte> utf8, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A token service's answer. https://distribution.github.io/distribution/spec/auth/token/.</summary>
internal sealed record TokenAnswer
{
    public string? Token { get; set; }

    [JsonPropertyName("access_token")]
    public string? AccessToken { get; set; }

    [JsonPropertyName("expires_in")]
    public int? ExpiresIn { get; set; }
}

/// <summary>The file <c>oci-layout</c>.</summary>
internal sealed record LayoutVersion
{
    public string? ImageLayoutVersion { get; set; }
}

/// <summary>A page of a repository's tags.</summary>
internal sealed record TagList
{
    public IReadOnlyList<string>? Tags { get; set; }
}

/// <summary>A registry's words for what went wrong.</summary>
internal sealed record ErrorAnswer
{
    public IReadOnlyList<ErrorEntry?>? Errors { get; set; }
}

/// <summary>One thing that went wrong.</summary>
internal sealed record ErrorEntry
{
    public string? Code { get; set; }

    public string? Message { get; set; }
}

/// <summary>The parts of docker's config.json and podman's auth.json that say who one is.</summary>
internal sealed record DockerConfig
{
    public IReadOnlyDictionary<string, DockerAuth?>? Auths { get; set; }

    public IReadOnlyDictionary<string, string>? CredHelpers { get; set; }

    public string? CredsStore { get; set; }
}

/// <summary>One registry's entry.</summary>
internal sealed record DockerAuth
{
    public string? Auth { get; set; }

    [JsonPropertyName("identitytoken")]
    public string? IdentityToken { get; set; }

    [JsonPropertyName("registrytoken")]
    public string? RegistryToken { get; set; }
}

/// <summary>What a <c>docker-credential-…</c> program prints.</summary>
internal sealed record HelperAnswer
{
    [JsonPropertyName("Username")]
    public string? UserName { get; set; }

    [JsonPropertyName("Secret")]
    public string? Secret { get; set; }
}
