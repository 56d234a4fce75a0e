using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MlOps.Packaging;

/// <summary>What a package says of itself: the configuration of a ModelPack artifact. Versions and times are no part of it.</summary>
/// <remarks>https://github.com/modelpack/model-spec/blob/main/docs/config.md; unknown members are refused there.</remarks>
public sealed record PackageDescription
{
    internal static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The model's name.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, in a sentence.</summary>
    public string? Description { get; init; }

    /// <summary>Who answers for it.</summary>
    public string? Owner { get; init; }

    /// <summary>The licence as SPDX names it: https://spdx.org/licenses.</summary>
    public string? Licence { get; init; }

    /// <summary>How it predicts: <c>boosted-trees</c>, <c>linear</c> …</summary>
    public string? Architecture { get; init; }

    /// <summary>What it predicts: <c>regression</c>, <c>binary</c>, <c>multiclass</c>.</summary>
    public string? Family { get; init; }

    internal JsonObject ToJson(IEnumerable<PackageFile> files)
    {
        var descriptor = new JsonObject();
        if (Owner is not null)
        {
            descriptor["authors"] = new JsonArray(Owner);
        }

        Add(descriptor, "description", Description);
        Add(descriptor, "family", Family);
        if (Licence is not null)
        {
            descriptor["licenses"] = new JsonArray(Licence);
        }

        descriptor["name"] = Name;
        var config = new JsonObject();
        Add(config, "architecture", Architecture);
        config["format"] = "onnx";
        return new()
        {
            ["config"] = config,
            ["descriptor"] = descriptor,
            ["modelfs"] = new JsonObject { ["diffIds"] = new JsonArray([.. files.Select(file => (JsonNode)file.Digest.ToString())]), ["type"] = "layers" },
        };
    }

    /// <summary>Reads a configuration; members that are not known here are passed over. Null if it is none.</summary>
    internal static PackageDescription? TryParse(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new() { MaxDepth = 16, AllowDuplicateProperties = false });
            var (root, descriptor) = (document.RootElement, document.RootElement.GetProperty("descriptor"));
            return Text(descriptor, "name") is not { Length: > 0 } name ? null : new()
            {
                Name = name,
                Description = Text(descriptor, "description"),
                Owner = First(descriptor, "authors"),
                Licence = First(descriptor, "licenses"),
                Family = Text(descriptor, "family"),
                Architecture = root.TryGetProperty("config", out var config) ? Text(config, "architecture") : null,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static void Add(JsonObject json, string name, string? value)
    {
        if (value is not null)
        {
            json[name] = value;
        }
    }

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string? First(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 && value[0].ValueKind == JsonValueKind.String ? value[0].GetString() : null;
}
