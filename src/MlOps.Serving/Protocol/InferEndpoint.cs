using System.Text.Json;
using MlOps.Scoring;
using MlOps.Serving.Http;
using MlOps.Serving.Inferences;
using MlOps.Serving.Models;
using MlOps.Serving.Telemetry;

namespace MlOps.Serving.Protocol;

/// <summary><c>POST /v2/models/{m}[/versions/{v}]/infer</c> of the Open Inference Protocol.</summary>
internal sealed class InferEndpoint(ModelCatalog catalog, Intake intake, ServiceMeter meter, InferenceLog? log, Responder responder)
{
    private readonly ServiceMeter _meter = meter;
    private readonly Responder _responder = responder;

    public void Map(WebApplication app)
    {
        app.MapPost("/v2/models/{model}/infer", (RequestDelegate)AnswerAsync);
        app.MapPost("/v2/models/{model}/versions/{version}/infer", (RequestDelegate)AnswerAsync);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var route = context.Request.RouteValues;
        var model = catalog.Get((string)route["model"]!, (string?)route["version"]);
        ServiceMeter.Concerns(context, model);
        RequestBody.CheckType(context.Request, mayBeCsv: false);
        var (scored, bytes) = await intake.WorkAsync(context, (model, endpoint: this, context), static (json, asked) =>
        {
            var (model, endpoint) = (asked.model, asked.endpoint);
            var rows = model.Rent();
            var options = InferRequest.Read(json, model, rows);
            var scored = model.Score(rows);
            model.Return(rows);
            endpoint._meter.Predicted(model, scored.Predictions);
            endpoint._responder.Write(asked.context, StatusCodes.Status200OK, (model, options, scored.Predictions), static (json, answer) =>
                Write(json, answer.model, answer.options, answer.Predictions));
            return (scored, json.Length);
        });
        log?.Add(context.TraceIdentifier, model, scored, bytes);
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
