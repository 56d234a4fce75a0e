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
    /// <param name="catalog">The models.</param>
    /// <param name="version">The service's.</param>
    /// <param name="needsKey">Whether callers need one.</param>
    public static JsonObject For(ModelCatalog catalog, string version, bool needsKey)
    {
        var paths = new JsonObject
        {
            ["/"] = Get("A page for people, or from a shell a command to try", Text("text/html", "text/plain")),
            ["/about"] = Get("The models, for the page", Answer(Anything())),
            ["/metrics"] = Get("What it measures, as Prometheus reads it", Text("text/plain")),
            ["/openapi.json"] = Get("This description", Answer(Anything())),
            ["/v2"] = Get("What this server is", Answer(Object(("name", Type("string")), ("version", Type("string")), ("extensions", Array(Type("string")))))),
            ["/v2/health/live"] = Get("Whether the process answers", Answer(Object(("live", Type("boolean"))))),
            ["/v2/health/ready"] = Get("Whether it takes requests", Answer(Object(("ready", Type("boolean"))), mayBeUnready: true)),
        };
        // The names of models may hold what keys of a description may not.
        var (schemas, bodies, answers) = (new JsonObject { ["error"] = Object(("error", Type("string"))) }, new JsonArray(), new JsonArray());
        foreach (var (model, key) in catalog.Models.Select((model, index) => (model, $"model{index}")))
        {
            schemas[$"{key}.row"] = Row(model);
            schemas[$"{key}.rows"] = Rows(model, Reference($"{key}.row"));
            schemas[$"{key}.predictions"] = Predictions(model);
            schemas[$"{key}.tensors"] = Tensors(model);
            schemas[$"{key}.inference"] = Inference(model);
            bodies.Add((JsonNode)Reference($"{key}.rows"));
            answers.Add((JsonNode)Reference($"{key}.predictions"));
            var address = Uri.EscapeDataString(model.Name);
            paths[$"/about/{address}"] = Get($"What the page shows of {model.Name}", Answer(Anything()));
            paths[$"/score/{address}"] = Score($"Predicts {model.Signature.Label} of rows", Reference($"{key}.rows"), Reference($"{key}.predictions"));
            foreach (var at in (string[])[$"/v2/models/{address}", $"/v2/models/{address}/versions/{Uri.EscapeDataString(model.Version)}"])
            {
                paths[at] = Get($"What {model.Name} takes and gives", Answer(Metadata()));
                paths[$"{at}/ready"] = Get($"Whether {model.Name} takes requests", Answer(Object(("name", Type("string")), ("ready", Type("boolean"))), mayBeUnready: true));
                paths[$"{at}/infer"] = new JsonObject { ["post"] = Operation($"Inference by {model.Name}, a tensor per column", Reference($"{key}.tensors"), Answer(Reference($"{key}.inference"))) };
            }
        }

        paths["/score"] = Score("Predicts with the model that \"model\" names, beside the rows or in the address; it may be left out where one is served", new() { ["anyOf"] = bodies }, new() { ["anyOf"] = answers });
        paths["/score"]!["post"]!["parameters"]!.AsArray().Add((JsonNode)Query("model", Type("string"), "The model"));
        var description = new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "mlops-serving", ["version"] = version, ["description"] = "Scores rows with trained models: plain rows at /score, tensors after the Open Inference Protocol at /v2." },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas },
        };
        if (needsKey)
        {
            description["components"]!["securitySchemes"] = new JsonObject
            {
                ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" },
                ["key"] = new JsonObject { ["type"] = "apiKey", ["in"] = "header", ["name"] = "X-API-Key" },
            };
            description["security"] = new JsonArray(new JsonObject { ["bearer"] = new JsonArray() }, new JsonObject { ["key"] = new JsonArray() });
        }

        return description;
    }

    private static JsonObject Score(string summary, JsonObject rows, JsonObject predictions)
    {
        var operation = Operation(summary, rows, Answer(predictions));
        operation["requestBody"]!["content"]!["text/csv"] = new JsonObject { ["schema"] = Type("string").With("description", "A table with a header") };
        operation["parameters"] = new JsonArray(Query("explain", new() { ["type"] = "boolean", ["default"] = false }, $"Whether to say what each column did; of at most {LoadedModel.MaxExplained} rows"));
        return new() { ["post"] = operation };
    }

    private static JsonObject Query(string name, JsonObject schema, string description) => new() { ["name"] = name, ["in"] = "query", ["description"] = description, ["schema"] = schema };

    private static JsonObject Row(LoadedModel model) => new()
    {
        ["type"] = "object",
        ["title"] = $"a row for {model.Name}",
        ["description"] = "A column that is absent or null is a missing value",
        ["additionalProperties"] = false,
        ["properties"] = new JsonObject(model.Inputs.Select(input => KeyValuePair.Create(input.Name, (JsonNode?)Cell(input)))),
    };

    /// <summary>A row, rows, or rows beside the model's name. An empty row is no envelope, so more than one may fit.</summary>
    private static JsonObject Rows(LoadedModel model, JsonObject row)
    {
        var rows = Array(row).With("maxItems", LoadedModel.MaxRows);
        var envelope = Object(("rows", rows.DeepClone()));
        envelope["properties"]!["model"] = Constant(model.Name);
        return new() { ["anyOf"] = new JsonArray(row.DeepClone(), rows, envelope) };
    }

    private static JsonObject Cell(InputColumn input) => input.Kind switch
    {
        FeatureKind.Numeric => Types("number", "null"),
        FeatureKind.Boolean => Types("boolean", "null"),
        FeatureKind.Timestamp => Types("string", "integer", "null").With("description", "ISO 8601, in UTC where it names no offset; or milliseconds since 1970"),
        FeatureKind.Text => Types("string", "null"),
        _ => Types("string", "number", "boolean", "null").With("description", "a category"),
    };

    private static JsonObject Predictions(LoadedModel model)
    {
        var one = model.Classes.Length == 0 ? Types("number", "null")
            : Object(("label", Class(model)), ("probabilities", Object([.. model.Signature.Classes.Select(name => (name, (JsonNode)Types("number", "null")))])));
        var explanation = Object(("base", Types("number", "null")), ("contributions", new JsonObject { ["type"] = "object", ["additionalProperties"] = Types("number", "null") }));
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

    private static JsonObject Answer(JsonObject schema, bool mayBeUnready = false)
    {
        var answers = new JsonObject { ["200"] = new JsonObject { ["description"] = "as asked", ["content"] = Content(schema) } };
        if (mayBeUnready)
        {
            answers["503"] = new JsonObject { ["description"] = "not ready", ["content"] = Content((JsonObject)schema.DeepClone()) };
        }

        answers["default"] = new JsonObject { ["description"] = "why not", ["content"] = Content(Reference("error")) };
        return answers;
    }

    private static JsonObject Text(params string[] types) => new()
    {
        ["200"] = new JsonObject { ["description"] = "as asked", ["content"] = new JsonObject(types.Select(type => KeyValuePair.Create(type, (JsonNode?)new JsonObject { ["schema"] = Type("string") }))) },
    };

    private static JsonObject Anything() => new() { ["type"] = "object", ["additionalProperties"] = true };

    private static JsonObject Content(JsonObject schema) => new() { [Json] = new JsonObject { ["schema"] = schema } };

    private static JsonObject Class(LoadedModel model) => new() { ["enum"] = new JsonArray([.. model.Signature.Classes.Select(name => (JsonNode)name)]) };

    private static JsonObject Constant(string value) => new() { ["const"] = value };

    private static JsonObject Type(string name) => new() { ["type"] = name };

    private static JsonObject Types(params string[] names) => new() { ["type"] = new JsonArray([.. names.Select(name => (JsonNode)name)]) };

    private static JsonObject Array(JsonNode items) => new() { ["type"] = "array", ["items"] = items };

    private static JsonObject Reference(string schema) => new() { ["$ref"] = $"#/components/schemas/{schema}" };

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
