using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http.Features;
using MlOps.Scoring;
using MlOps.Serving.Models;

namespace MlOps.Serving.Telemetry;

/// <summary>What the service counts of its own, beside what ASP.NET Core and the runtime count: predictions by model, version and class, and what is served.</summary>
/// <remarks>Names after https://opentelemetry.io/docs/specs/semconv/. Requests are those of <c>http.server.request.duration</c>, to which the model and its version are added.</remarks>
internal sealed class ServiceMeter : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string Name = "MlOps.Serving";

    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _predictions;
    private readonly Counter<long> _dropped;

    public ServiceMeter(ModelCatalog catalog)
    {
        _predictions = _meter.CreateCounter<long>("mlops.predictions", "{prediction}", "Rows that were scored");
        _dropped = _meter.CreateCounter<long>("mlops.inference_log.dropped", "{row}", "Rows that the log of inferences could not keep");
        _meter.CreateObservableGauge("mlops.model.info", () => catalog.Models.Select(model => new Measurement<long>(1, [.. Tags(model), new("digest", model.Digest.ToString())])), null, "The models that are served");
    }

    /// <summary>Counts what was predicted.</summary>
    public void Predicted(LoadedModel model, Predictions predictions)
    {
        if (_predictions.Enabled)
        {
            if (model.Classes.Length == 0)
            {
                _predictions.Add(predictions.Rows, new KeyValuePair<string, object?>("model", model.Name), new("version", model.Version));
            }
            else
            {
                var counts = new int[model.Classes.Length];
                for (var row = 0; row < predictions.Rows; row++)
                {
                    counts[predictions.ClassIndex(row)]++;
                }

                for (var k = 0; k < counts.Length; k++)
                {
                    if (counts[k] > 0)
                    {
                        _predictions.Add(counts[k], new("model", model.Name), new("version", model.Version), new KeyValuePair<string, object?>("label", model.Signature.Classes[k]));
                    }
                }
            }
        }
    }

    /// <summary>Counts rows that the log of inferences lost.</summary>
    public void InferencesDropped(int rows) => _dropped.Add(rows);

    /// <summary>Adds a model to what is measured of a request.</summary>
    public static void Concerns(HttpContext context, LoadedModel model)
    {
        if (context.Features.Get<IHttpMetricsTagsFeature>() is { } measured)
        {
            foreach (var tag in Tags(model))
            {
                measured.Tags.Add(tag);
            }
        }
    }

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?>[] Tags(LoadedModel model) => [new("model", model.Name), new("version", model.Version)];
}
