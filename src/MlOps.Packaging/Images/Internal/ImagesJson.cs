using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MlOps.Content;

namespace MlOps.Packaging.Images.Internal;

/// <summary>The JSON of images: our list of packages, and configurations of images, ours and others'.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(DigestJson)])]
[JsonSerializable(typeof(DebianBase))]
[JsonSerializable(typeof(ImageConfig))]
[JsonSerializable(typeof(ServiceFile))]
internal sealed partial class ImagesJson : JsonSerializerContext;

/// <summary>Writes it.</summary>
internal static class ImagesText
{
    /// <summary>Writes <c>+</c> and quotes as themselves.</summary>
    public static ImagesJson Plain { get; } = new(new JsonSerializerOptions(ImagesJson.Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
