using System.Text.Json;
using MlOps.Scoring;
using MlOps.Serving.Http;
using MlOps.Serving.Inferences;
using MlOps.Serving.Models;
using MlOps.Serving.Telemetry;

namespace MlOps.Serving.Rows;

/// <summary><c>POST /score</c>: plain rows in, plain predictions out.</summary>
internal sealed class ScoreEndpoint(ModelCatalog catalog, Intake intake, ServiceMeter meter, InferenceLog? log, Responder responder)
{
    private readonly ModelCatalog _catalog = catalog;
    private readonly ServiceMeter _meter = meter;
    private readonly Responder _responder = responder;

    public void Map(WebApplication app)
    {
        app.MapPost("/score", (RequestDelegate)(context => AnswerAsync(context, Query(context))));
        app.MapPost("/score/{model}", (RequestDelegate)(context => AnswerAsync(context, (string?)context.Request.RouteValues["model"])));
    }

    private static string? Query(HttpContext context) =>
        context.Request.QueryString.HasValue && context.Request.Query.TryGetValue("model", out var name) ? name.ToString() : null;

    /// <exception cref="RequestException">400: it is neither true nor false.</exception>
    private static bool IsExplained(HttpContext context) =>
        context.Request.QueryString.HasValue && context.Request.Query.TryGetValue("explain", out var text)
        && (bool.TryParse(text, out var isExplained) ? isExplained : throw RequestException.BadRequest($"explain is '{text}', neither true nor false"));

    private async Task AnswerAsync(HttpContext context, string? named)
    {
        var isCsv = RequestBody.CheckType(context.Request, mayBeCsv: true);
        var (model, scored, bytes) = await intake.WorkAsync(context, (endpoint: this, named, isCsv, isExplained: IsExplained(context), context), static (body, asked) =>
        {
            var endpoint = asked.endpoint;
            var (model, rows) = asked.isCsv ? Csv(body, endpoint._catalog.Resolve(asked.named)) : ScoreRequest.Read(body, endpoint._catalog, asked.named);
            ServiceMeter.Concerns(asked.context, model);
            CheckExplained(model, rows, asked.isExplained);
            var scored = model.Score(rows, asked.isExplained);
            model.Return(rows);
            endpoint._meter.Predicted(model, scored.Predictions);
            endpoint._responder.Write(asked.context, StatusCodes.Status200OK, (model, scored), static (json, answer) => Write(json, answer.model, answer.scored));
            return (model, scored, body.Length);
        });
        log?.Add(context.TraceIdentifier, model, scored, bytes);
    }

    private static (LoadedModel Model, FrameBuilder Rows) Csv(ReadOnlySpan<byte> body, LoadedModel model) => (model, CsvRows.Read(body, model));

    private static void CheckExplained(LoadedModel model, FrameBuilder rows, bool isExplained)
    {
        if (isExplained && !model.CanExplain)
        {
            throw RequestException.BadRequest($"model '{model.Name}' was trained before its file said what explanations need; train it again, or leave explain out");
        }

        if (isExplained && rows.RowCount > LoadedModel.MaxExplained)
        {
            throw new RequestException(StatusCodes.Status413PayloadTooLarge, $"more than {LoadedModel.MaxExplained} rows to explain in one request; send them in several");
        }
    }

    private static void Write(Utf8JsonWriter json, LoadedModel model, Scored scored)
    {
        var (_, predictions, explanations) = scored;
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
        if (explanations is not null)
        {
            json.WriteStartArray("explanations"u8);
            for (var row = 0; row < explanations.Rows; row++)
            {
                WriteExplanation(json, model, predictions, explanations, row);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>What moved the raw score of the number, of the positive class, or of the class that is predicted.</summary>
    private static void WriteExplanation(Utf8JsonWriter json, LoadedModel model, Predictions predictions, Explanations explanations, int row)
    {
        var output = 0;
        json.WriteStartObject();
        if (model.Classes.Length > 0)
        {
            output = explanations.Outputs == 1 ? 0 : model.Signature.Classes.ToList().IndexOf(predictions.Class(row));
            json.WriteString("of"u8, explanations.Outputs == 1 ? model.Classes[^1] : model.Classes[output]);
        }

        json.WritePropertyName("base"u8);
        JsonNumber.Write(json, explanations.BaseValues[output]);
        json.WriteStartObject("contributions"u8);
        var contributions = explanations.Of(row, output);
        for (var column = 0; column < contributions.Length; column++)
        {
            json.WritePropertyName(model.Signature.Inputs[column].Name);
            JsonNumber.Write(json, contributions[column]);
        }

        json.WriteEndObject();
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
