using System.Text.Json.Nodes;
using MlOps.Data;
using MlOps.Scoring;
using MlOps.Serving.Models;

namespace MlOps.Serving.Protocol;

/// <summary><c>GET /openapi.json</c>: every endpoint, and of every model what its rows and answers look like, as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0).</summary>
internal static class OpenApi
{
    private const string Json = "application/json";

    /// <summary>The description of what is served.</summary>
    public static JsonObject For(ModelCatalog catalog, string version)
    {
        var paths = new JsonObject
        {
            ["/v2"] = Get("What this server is", Answer(Object(("name", Type("string")), ("version", Type("string")), ("extensions", Array(Type("string")))))),
            ["/v2/health/live"] = Get("Whether the process answers", Answer(Object(("live", Type("boolean"))))),
            ["/v2/health/ready"] = Get("Whether it takes requests", Answer(Object(("ready", Type("boolean"))), 503)),
            ["/metrics"] = Get("What it measures, as Prometheus reads it", Text()),
        };
        var schemas = new JsonObject { ["error"] = Object(("error", Type("string"))) };
        foreach (var model in catalog.Models)
        {
            schemas[$"{model.Name}.row"] = Row(model);
            schemas[$"{model.Name}.predictions"] = Predictions(model);
            schemas[$"{model.Name}.inference"] = Inference(model);
            schemas[$"{model.Name}.metadata"] = Metadata();
            var address = Uri.EscapeDataString(model.Name);
            paths[$"/score/{address}"] = Score(model);
            foreach (var at in (string[])[$"/v2/models/{address}", $"/v2/models/{address}/versions/{Uri.EscapeDataString(model.Version)}"])
            {
                paths[at] = Get($"What model {model.Name} takes and gives", Answer(Reference($"{model.Name}.metadata")));
                paths[$"{at}/ready"] = Get($"Whether model {model.Name} takes requests", Answer(Object(("name", Type("string")), ("ready", Type("boolean"))), 503));
                paths[$"{at}/infer"] = new JsonObject { ["post"] = Operation($"Inference by {model.Name}, a tensor per column", Tensors(model), Answer(Reference($"{model.Name}.inference"), 400, 408, 413, 415, 422, 503)) };
            }
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "mlops-serving", ["version"] = version, ["description"] = "Scores rows with trained models: plain rows at /score, tensors after the Open Inference Protocol at /v2." },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas },
        };
    }

    private static JsonObject Score(LoadedModel model)
    {
        var row = Reference($"{model.Name}.row");
        var rows = new JsonObject { ["type"] = "array", ["items"] = Reference($"{model.Name}.row"), ["maxItems"] = LoadedModel.MaxRows };
        var body = new JsonObject { ["oneOf"] = new JsonArray(row, rows) };
        var table = new JsonObject { ["schema"] = Type("string").With("description", "A table with a header") };
        var operation = Operation($"Predicts {model.Signature.Label} of a row, or of an array of rows", body, Answer(Reference($"{model.Name}.predictions"), 400, 408, 413, 415, 422, 503));
        operation["requestBody"]!["content"]!["text/csv"] = table;
        operation["parameters"] = new JsonArray(new JsonObject
        {
            ["name"] = "explain",
            ["in"] = "query",
            ["description"] = $"Whether to say what each column did; of at most {LoadedModel.MaxExplained} rows",
            ["schema"] = new JsonObject { ["type"] = "boolean", ["default"] = false },
        });
        return new() { ["post"] = operation };
    }

    private static JsonObject Row(LoadedModel model)
    {
        var row = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = new JsonObject(model.Inputs.Select(input => KeyValuePair.Create(input.Name, (JsonNode?)Cell(input)))) };
        row["description"] = "A column that is absent or null is a missing value";
        return row;
    }

    private static JsonObject Cell(InputColumn input) => input.Kind switch
    {
        FeatureKind.Numeric => Types("number", "null"),
        FeatureKind.Boolean => Types("boolean", "null"),
        FeatureKind.Timestamp => Types("string", "null").With("description", "ISO 8601, in UTC where it names no offset"),
        FeatureKind.Text => Types("string", "null"),
        _ => Types("string", "number", "boolean", "null").With("description", "a category"),
    };

    private static JsonObject Predictions(LoadedModel model)
    {
        var one = model.Classes.Length == 0 ? Types("number", "null")
            : Object(("label", Class(model)), ("probabilities", Object([.. model.Signature.Classes.Select(name => (name, (JsonNode)Types("number", "null")))])));
        var explanation = Object(("base", Type("number")), ("contributions", new JsonObject { ["type"] = "object", ["additionalProperties"] = Types("number", "null") }));
        if (model.Classes.Length > 0)
        {
            explanation["properties"]!["of"] = Class(model);
            explanation["required"]!.AsArray().Add((JsonNode)"of");
        }

        var answer = Object(("model", Constant(model.Name)), ("predictions", Array(one)));
        answer["properties"]!["explanations"] = Array(explanation);
        return answer;
    }

    private static JsonObject Tensors(LoadedModel model)
    {
        var tensor = Object(("name", new JsonObject { ["enum"] = new JsonArray([.. model.Inputs.Select(input => (JsonNode)input.Name)]) }), ("shape", Array(Type("integer"))), ("datatype", Type("string")), ("data", Type("array")));
        tensor["additionalProperties"] = true;
        var request = Object(("inputs", Array(tensor)));
        request["additionalProperties"] = true;
        request["properties"]!["id"] = Type("string");
        request["properties"]!["outputs"] = Array(Object(("name", Type("string"))).With("additionalProperties", true));
        return request;
    }

    private static JsonObject Inference(LoadedModel model)
    {
        var tensor = Object(
            ("name", new JsonObject { ["enum"] = new JsonArray([.. OutputTensor.Names(model.Signature).Select(name => (JsonNode)name)]) }), ("shape", Array(Type("integer"))), ("datatype", Type("string")), ("data", Type("array")));
        var answer = Object(("model_name", Constant(model.Name)), ("model_version", Constant(model.Version)), ("outputs", Array(tensor)));
        answer["properties"]!["id"] = Type("string");
        return answer;
    }

    private static JsonObject Metadata()
    {
        var tensor = Object(("name", Type("string")), ("datatype", Type("string")), ("shape", Array(Type("integer"))));
        return Object(("name", Type("string")), ("versions", Array(Type("string"))), ("platform", Type("string")), ("inputs", Array(tensor)), ("outputs", Array(tensor.DeepClone())),
            ("properties", new JsonObject { ["type"] = "object", ["additionalProperties"] = Type("string") }));
    }

    private static JsonObject Get(string summary, JsonObject answers) => new() { ["get"] = new JsonObject { ["summary"] = summary, ["responses"] = answers } };

    private static JsonObject Operation(string summary, JsonObject body, JsonObject answers) => new()
    {
        ["summary"] = summary,
        ["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content(body) },
        ["responses"] = answers,
    };

    private static JsonObject Answer(JsonObject schema, params int[] errors)
    {
        var answers = new JsonObject { ["200"] = new JsonObject { ["description"] = "as asked", ["content"] = Content(schema) } };
        foreach (var status in errors)
        {
            // A service that is not ready answers in the form of one that is.
            answers[$"{status}"] = new JsonObject { ["description"] = "why not", ["content"] = Content(errors.Length == 1 ? (JsonObject)schema.DeepClone() : Reference("error")) };
        }

        return answers;
    }

    private static JsonObject Text() => new() { ["200"] = new JsonObject { ["description"] = "as asked", ["content"] = new JsonObject { ["text/plain"] = new JsonObject { ["schema"] = Type("string") } } } };

    private static JsonObject Content(JsonObject schema) => new() { [Json] = new JsonObject { ["schema"] = schema } };

    private static JsonObject Class(LoadedModel model) => new() { ["enum"] = new JsonArray([.. model.Signature.Classes.Select(name => (JsonNode)name)]) };

    private static JsonObject Constant(string value) => new() { ["const"] = value };

    private static JsonObject Type(string name) => new() { ["type"] = name };

    private static JsonObject Types(params string[] names) => new() { ["type"] = new JsonArray([.. names.Select(name => (JsonNode)name)]) };

    private static JsonObject Array(JsonNode items) => new() { ["type"] = "array", ["items"] = items };

    private static JsonObject Reference(string schema) => new() { ["$ref"] = $"#/components/schemas/{Uri.EscapeDataString(schema.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal))}" };

    private static JsonObject Object(params (string Name, JsonNode Schema)[] members) => new()
    {
        ["type"] = "object",
        ["additionalProperties"] = false,
        ["required"] = new JsonArray([.. members.Select(member => (JsonNode)member.Name)]),
        ["properties"] = new JsonObject(members.Select(member => KeyValuePair.Create(member.Name, (JsonNode?)member.Schema))),
    };

    private static JsonObject With(this JsonObject schema, string name, JsonNode value)
    {
        schema[name] = value;
        return schema;
    }
}
