using System.Text.Json;
using MlOps.Scoring;
using MlOps.Serving.Http;
using MlOps.Serving.Models;

namespace MlOps.Serving.Rows;

/// <summary><c>POST /score</c>: plain rows in, plain predictions out.</summary>
internal sealed class ScoreEndpoint(ModelCatalog catalog, Responder responder)
{
    public void Map(WebApplication app)
    {
        app.MapPost("/score", (RequestDelegate)(context => AnswerAsync(context, Query(context))));
        app.MapPost("/score/{model}", (RequestDelegate)(context => AnswerAsync(context, (string?)context.Request.RouteValues["model"])));
    }

    private static string? Query(HttpContext context) =>
        context.Request.QueryString.HasValue && context.Request.Query.TryGetValue("model", out var name) ? name.ToString() : null;

    private async Task AnswerAsync(HttpContext context, string? named)
    {
        var (model, rows) = await ReadAsync(context, named);
        var predictions = model.Predict(rows);
        model.Return(rows);
        await responder.WriteAsync(context, StatusCodes.Status200OK, (model, predictions), static (json, answer) =>
            Write(json, answer.model, answer.predictions));
    }

    private async ValueTask<(LoadedModel Model, FrameBuilder Rows)> ReadAsync(HttpContext context, string? named)
    {
        using var body = await RequestBody.ReadAsync(context);
        return ScoreRequest.Read(body.Json.Span, catalog, named);
    }

    private static void Write(Utf8JsonWriter json, LoadedModel model, Predictions predictions)
    {
        json.WriteStartObject();
        json.WriteString("model"u8, model.EncodedName);
        json.WriteStartArray("predictions"u8);
        for (var row = 0; row < predictions.Rows; row++)
        {
            if (model.Signature.Task == ModelTask.Regression)
            {
                JsonNumber.Write(json, predictions.Row(row)[0]);
            }
            else
            {
                WriteClass(json, model, predictions, row);
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteClass(Utf8JsonWriter json, LoadedModel model, Predictions predictions, int row)
    {
        json.WriteStartObject();
        json.WriteString("label"u8, model.Class(predictions, row));
        json.WriteStartObject("probabilities"u8);
        var probabilities = predictions.Row(row);
        for (var k = 0; k < probabilities.Length; k++)
        {
            json.WritePropertyName(model.Classes[k]);
            JsonNumber.Write(json, probabilities[k]);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
