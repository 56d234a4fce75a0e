using System.Text.Json;
using MlOps.Serving.Http;
using MlOps.Serving.Models;

namespace MlOps.Serving.Protocol;

/// <summary>Health and metadata of the Open Inference Protocol, and what all endpoints are.</summary>
internal sealed class ModelEndpoints(ModelCatalog catalog, Drain drain, Responder responder, bool needsKey)
{
    private readonly Lazy<string> _description = new(() => OpenApi.For(catalog, Version, needsKey).ToJsonString());

    private static readonly string Version = typeof(ModelEndpoints).Assembly.GetName().Version!.ToString(3);

    public void Map(WebApplication app)
    {
        Get(app, "/openapi.json", context => responder.TextAsync(context, _description.Value, "application/json"));
        Get(app, "/v2", context => responder.WriteAsync(context, StatusCodes.Status200OK, this, static (json, _) => WriteServer(json)));
        Get(app, "/v2/health/live", context =>
            responder.WriteAsync(context, StatusCodes.Status200OK, true, static (json, live) => WriteFlag(json, "live"u8, live)));
        Get(app, "/v2/health/ready", context => ReadyAsync(context, null));
        foreach (var model in (string[])["/v2/models/{model}", "/v2/models/{model}/versions/{version}"])
        {
            Get(app, model, context => responder.WriteAsync(context, StatusCodes.Status200OK, Find(context), WriteModel));
            Get(app, model + "/ready", context => ReadyAsync(context, Find(context)));
        }
    }

    private static void Get(WebApplication app, string pattern, RequestDelegate answer) => app.MapGet(pattern, answer);

    private LoadedModel Find(HttpContext context) =>
        catalog.Get((string)context.Request.RouteValues["model"]!, (string?)context.Request.RouteValues["version"]);

    /// <summary>Every model is loaded before the port opens, so only draining makes the service and its models unready.</summary>
    private Task ReadyAsync(HttpContext context, LoadedModel? model)
    {
        var isReady = !drain.IsDraining;
        var status = isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return responder.WriteAsync(context, status, (isReady, model), static (json, answer) =>
        {
            json.WriteStartObject();
            if (answer.model is not null)
            {
                json.WriteString("name"u8, answer.model.EncodedName);
            }

            json.WriteBoolean("ready"u8, answer.isReady);
            json.WriteEndObject();
        });
    }

    private static void WriteFlag(Utf8JsonWriter json, ReadOnlySpan<byte> name, bool value)
    {
        json.WriteStartObject();
        json.WriteBoolean(name, value);
        json.WriteEndObject();
    }

    private static void WriteServer(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, "mlops-serving"u8);
        json.WriteString("version"u8, Version);
        json.WriteStartArray("extensions"u8);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, LoadedModel model)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, model.EncodedName);
        json.WriteStartArray("versions"u8);
        json.WriteStringValue(model.Version);
        json.WriteEndArray();
        json.WriteString("platform"u8, "onnx_onnxv1"u8);
        json.WriteStartArray("inputs"u8);
        foreach (var input in model.Inputs)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, input.Name);
            json.WriteString("datatype"u8, Datatype.Of(input));
            json.WriteStartArray("shape"u8);
            json.WriteNumberValue(-1);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("outputs"u8);
        foreach (var output in OutputTensor.Names(model.Signature))
        {
            json.WriteStartObject();
            OutputTensor.WriteHeader(json, model.Signature, output, -1);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteProperties(json, model);
        json.WriteEndObject();
    }

    /// <summary>The protocol's free properties are texts; the classes' order is that of <c>probabilities</c>.</summary>
    private static void WriteProperties(Utf8JsonWriter json, LoadedModel model)
    {
        json.WriteStartObject("properties"u8);
        json.WriteString("digest"u8, model.Digest.ToString());
        if (model.Code is { } code)
        {
            json.WriteString("code"u8, code.ToString());
        }

        json.WriteString("label"u8, model.Signature.Label);
        json.WriteString("task"u8, model.Signature.Task.ToString().ToLowerInvariant());
        if (model.Classes.Length > 0)
        {
            json.WriteString("classes"u8, $"[{string.Join(",", model.Classes.Select(name => $"\"{name}\""))}]");
        }

        json.WriteEndObject();
    }
}
