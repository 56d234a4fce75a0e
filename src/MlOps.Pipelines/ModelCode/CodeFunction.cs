using System.Text.Json.Nodes;
using MlOps.Code;
using MlOps.Content;

namespace MlOps.Pipelines.ModelCode;

/// <summary>A function of a model's own code, compiled.</summary>
/// <param name="Name">As declared, <c>Type.Method</c>.</param>
/// <param name="Digest">What it does, with all that it reaches.</param>
/// <param name="Parameters">Their types, as <see cref="CodeSignature"/> spells them.</param>
/// <param name="Result">The type of what it returns.</param>
internal sealed record CodeFunction(string Name, Digest Digest, IReadOnlyList<string> Parameters, string Result)
{
    /// <summary>File and line where it begins.</summary>
    public string? Place { get; init; }

    /// <summary>The type and the method that a name means; null if it has no dot.</summary>
    public static CodeEntry? Entry(string name) => name.LastIndexOf('.') is > 0 and var dot && dot < name.Length - 1 ? new(name[..dot], name[(dot + 1)..]) : null;

    /// <summary>As the cache keeps it.</summary>
    public JsonObject ToJson() => new()
    {
        ["digest"] = Digest.ToString(),
        ["place"] = Place,
        ["parameters"] = new JsonArray([.. Parameters.Select(type => (JsonNode)type)]),
        ["result"] = Result,
    };

    public static CodeFunction FromJson(string name, JsonNode json) =>
        new(name, Digest.Parse((string)json["digest"]!), [.. json["parameters"]!.AsArray().Select(type => (string)type!)], (string)json["result"]!) { Place = (string?)json["place"] };
}
