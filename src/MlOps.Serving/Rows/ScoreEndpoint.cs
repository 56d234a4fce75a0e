using System.Text.Json;
using MlOps.Scoring;
using MlOps.Serving.Http;
using MlOps.Serving.Models;
using MlOps.Serving.Telemetry;

namespace MlOps.Serving.Rows;

/// <summary><c>POST /score</c>: plain rows in, plain predictions out.</summary>
internal sealed class ScoreEndpoint(ModelCatalog catalog, Intake intake, ServiceMeter meter, Responder responder)
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
        RequestBody.ExpectJson(context.Request);
        var (model, predictions) = await intake.WorkAsync(context, (catalog, named, context), static (json, asked) =>
        {
            var (model, rows) = ScoreRequest.Read(json, asked.catalog, asked.named);
            ServiceMeter.Concerns(asked.context, model);
            var predictions = model.Predict(rows);
            model.Return(rows);
            return (model, predictions);
        });
        meter.Predicted(model, predictions);
        await responder.WriteAsync(context, StatusCodes.Status200OK, (model, predictions), static (json, answer) =>
            Write(json, answer.model, answer.predictions));
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
