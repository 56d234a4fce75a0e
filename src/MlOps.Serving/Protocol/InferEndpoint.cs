using System.Text.Json;
using MlOps.Scoring;
using MlOps.Serving.Http;
using MlOps.Serving.Models;

namespace MlOps.Serving.Protocol;

/// <summary><c>POST /v2/models/{m}[/versions/{v}]/infer</c> of the Open Inference Protocol.</summary>
internal sealed class InferEndpoint(ModelCatalog catalog, Responder responder)
{
    public void Map(WebApplication app)
    {
        app.MapPost("/v2/models/{model}/infer", (RequestDelegate)AnswerAsync);
        app.MapPost("/v2/models/{model}/versions/{version}/infer", (RequestDelegate)AnswerAsync);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var route = context.Request.RouteValues;
        var model = catalog.Get((string)route["model"]!, (string?)route["version"]);
        var (options, rows) = await ReadAsync(context, model);
        var predictions = model.Predict(rows);
        model.Return(rows);
        await responder.WriteAsync(context, StatusCodes.Status200OK, (model, options, predictions), static (json, answer) =>
            Write(json, answer.model, answer.options, answer.predictions));
    }

    private static async ValueTask<(InferOptions Options, FrameBuilder Rows)> ReadAsync(HttpContext context, LoadedModel model)
    {
        using var body = await RequestBody.ReadAsync(context);
        var rows = model.Rent();
        return (InferRequest.Read(body.Json.Span, model, rows), rows);
    }

    private static void Write(Utf8JsonWriter json, LoadedModel model, InferOptions options, Predictions predictions)
    {
        json.WriteStartObject();
        json.WriteString("model_name"u8, model.EncodedName);
        json.WriteString("model_version"u8, model.Version);
        if (options.Id is not null)
        {
            json.WriteString("id"u8, options.Id);
        }

        json.WriteStartArray("outputs"u8);
        foreach (var output in options.Outputs ?? OutputTensor.Names(model.Signature))
        {
            OutputTensor.Write(json, model, predictions, output);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
