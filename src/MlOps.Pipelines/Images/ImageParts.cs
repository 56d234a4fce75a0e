using System.Text.Json.Nodes;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Packaging.Images;

namespace MlOps.Pipelines.Images;

/// <summary>The parts of an image as steps pass them on: what they are, without their bytes.</summary>
internal static class ImageParts
{
    public static JsonObject ToJson(Layer layer) => new() { ["diffId"] = layer.DiffId.ToString(), ["digest"] = layer.Descriptor.Digest.ToString(), ["mediaType"] = layer.Descriptor.MediaType, ["size"] = layer.Descriptor.Size };

    public static JsonObject ToJson(BaseImage onto) => new()
    {
        ["digest"] = onto.Digest.ToString(),
        ["environment"] = new JsonArray([.. onto.Environment.Select(variable => (JsonNode)variable)]),
        ["layers"] = new JsonArray([.. onto.Layers.Select(layer => (JsonNode)ToJson(layer))]),
        ["name"] = onto.Name,
    };

    public static Layer LayerOf(JsonNode json) => new(
        new() { MediaType = (string)json["mediaType"]!, Digest = Digest.Parse((string)json["digest"]!), Size = (long)json["size"]! }, Digest.Parse((string)json["diffId"]!));

    public static BaseImage BaseOf(JsonNode json) => new()
    {
        Name = (string)json["name"]!,
        Digest = Digest.Parse((string)json["digest"]!),
        Layers = [.. json["layers"]!.AsArray().Select(layer => LayerOf(layer!))],
        Environment = [.. json["environment"]!.AsArray().Select(variable => (string)variable!)],
    };
}
