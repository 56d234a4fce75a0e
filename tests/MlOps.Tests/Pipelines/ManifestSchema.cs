using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using MlOps.Content;
using MlOps.Learning;
using MlOps.Pipelines.Manifests;

namespace MlOps.Tests.Pipelines;

/// <summary>Makes the JSON Schemas of the manifests from the records that read them; descriptions are the records' own documentation.</summary>
internal static partial class ManifestSchema
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly Dictionary<Assembly, Dictionary<string, string>> Documentation = [];

    public static string NukeJson => Of(ManifestJson.Default.WorkspaceManifest, "nuke.json");

    public static string IncludeJson => Of(ManifestJson.Default.IncludeManifest, "a file that nuke.json includes");

    public static string ModelJson => Of(ManifestJson.Default.ModelManifest, "models/NAME/model.json");

    private static string Of(JsonTypeInfo type, string title)
    {
        var schema = type.GetJsonSchemaAsNode(new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Describe }).AsObject();
        var file = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = title };
        foreach (var (key, value) in schema)
        {
            file[key] = value?.DeepClone();
        }

        return file.ToJsonString(Indented) + "\n";
    }

    /// <summary>What types with converters of their own look like in JSON.</summary>
    private static readonly Dictionary<Type, string> Written = new()
    {
        [typeof(CommandList)] = """{ "type": "array", "minItems": 1, "items": { "anyOf": [ { "type": ["string", "number", "boolean"] }, { "type": "array", "minItems": 1, "items": { "type": ["string", "number", "boolean"] } } ] } }""",
        [typeof(Dictionary<string, SearchRange>)] = """{ "type": "object", "minProperties": 1, "additionalProperties": { "anyOf": [ { "type": "array", "minItems": 2, "maxItems": 2, "items": { "type": "number" } }, { "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false, "properties": { "uniform": { "type": "array", "minItems": 2, "maxItems": 2, "items": { "type": "number" } }, "log": { "type": "array", "minItems": 2, "maxItems": 2, "items": { "type": "number" } }, "choice": { "type": "array", "minItems": 1, "items": { "type": ["number", "string", "boolean"] } } } } ] } }""",
        [typeof(Duration)] = """{ "anyOf": [ { "type": "number", "exclusiveMinimum": 0 }, { "type": "string", "pattern": "^[0-9.]+[smh]?$" } ] }""",
    };

    private static JsonNode Describe(JsonSchemaExporterContext context, JsonNode schema)
    {
        schema = Written.TryGetValue(context.TypeInfo.Type, out var written) ? JsonNode.Parse(written)! : schema;
        Open(context.TypeInfo, schema);
        var member = context.PropertyInfo is { } property && property.AttributeProvider is PropertyInfo clr
            ? $"P:{clr.DeclaringType!.FullName}.{clr.Name}" : $"T:{context.TypeInfo.Type.FullName}";
        var assembly = (context.PropertyInfo?.AttributeProvider as PropertyInfo)?.DeclaringType!.Assembly ?? context.TypeInfo.Type.Assembly;
        schema = OrVariable(schema);
        if (schema is JsonObject node && !node.ContainsKey("$ref") && Summaries(assembly).TryGetValue(member, out var summary))
        {
            node.Insert(0, "description", summary);
        }

        return context.TypeInfo.Type.GetCustomAttribute<JsonShorthandAttribute>() is { } shorthand && schema is JsonObject whole && Single(context.TypeInfo, whole, shorthand.Member) is { } single
            ? new JsonObject { ["anyOf"] = new JsonArray(single, whole) } : schema;
    }

    /// <summary>Types that take any other key, and the union in which one of them may go without its name.</summary>
    private static void Open(JsonTypeInfo type, JsonNode schema)
    {
        if (type.Kind == JsonTypeInfoKind.Object && type.Properties.Any(property => property.IsExtensionData))
        {
            schema.AsObject().Remove("additionalProperties");
        }

        if (type.Type == typeof(TrainerOptions) && schema["anyOf"] is JsonArray variants)
        {
            var name = schema["required"]!.AsArray();
            schema.AsObject().Remove("required");
            foreach (var variant in variants.Select(variant => variant!.AsObject()).Where(variant => variant["properties"]!["code"] is null))
            {
                variant["required"] = new JsonArray([.. name.Concat(variant["required"]?.AsArray() ?? []).Select(required => required!.DeepClone())]);
            }
        }
    }

    /// <summary>The member that may stand for the whole; of several types the word that tells them apart.</summary>
    private static JsonNode? Single(JsonTypeInfo type, JsonObject whole, string member) => whole["properties"]?[member]?.DeepClone()
        ?? (type.PolymorphismOptions is { } union && union.TypeDiscriminatorPropertyName == member
            ? OrVariable(new JsonObject { ["enum"] = new JsonArray([.. union.DerivedTypes.Select(derived => JsonValue.Create((string)derived.TypeDiscriminator!))]) }) : null);

    /// <summary>Numbers, truth values, words and lists may also be asked for by <c>"${NAME}"</c>; texts say nothing of what stands in them.</summary>
    private static JsonNode OrVariable(JsonNode schema)
    {
        if (schema is not JsonObject { Count: > 0 } value || value.ContainsKey("$ref") || value.ContainsKey("properties") || value.ContainsKey("additionalProperties")
            || (value["type"]?.ToJsonString() is { } type && (type.Contains("string", StringComparison.Ordinal) || type.Contains("object", StringComparison.Ordinal))))
        {
            return schema;
        }

        return value.ContainsKey("type") || value.ContainsKey("enum")
            ? new JsonObject { ["anyOf"] = new JsonArray(value, new JsonObject { ["type"] = "string", ["pattern"] = @"^\$\{.+\}$" }) } : schema;
    }

    private static Dictionary<string, string> Summaries(Assembly assembly)
    {
        if (!Documentation.TryGetValue(assembly, out var summaries))
        {
            var file = Path.ChangeExtension(assembly.Location, ".xml");
            Documentation[assembly] = summaries = !File.Exists(file) ? [] : XDocument.Load(file).Descendants("member")
                .Where(member => member.Element("summary") is not null)
                .ToDictionary(member => member.Attribute("name")!.Value, member => Plain(member.Element("summary")!), StringComparer.Ordinal);
        }

        return summaries;
    }

    private static string Plain(XElement summary)
    {
        foreach (var reference in summary.Descendants("see").ToList())
        {
            reference.ReplaceWith((reference.Attribute("cref") ?? reference.Attribute("langword"))?.Value.Split('.')[^1] ?? reference.Attribute("href")!.Value);
        }

        return Blanks().Replace(summary.Value, " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
