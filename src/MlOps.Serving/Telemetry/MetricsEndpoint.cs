using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using MlOps.Serving.Http;

namespace MlOps.Serving.Telemetry;

/// <summary><c>GET /metrics</c>: what ASP.NET Core, Kestrel, the runtime and the service itself measure, as Prometheus reads it.</summary>
/// <remarks>The text format 0.0.4, https://prometheus.io/docs/instrumenting/exposition_formats/; names as OpenTelemetry translates them: dots become underscores, the unit is appended, counters end in <c>_total</c>.</remarks>
internal sealed class MetricsEndpoint : IDisposable
{
    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>The others of the runtime, such as one for each kind of exception, are for debuggers.</summary>
    private static readonly string[] Meters = [ServiceMeter.Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    private readonly ConcurrentDictionary<Instrument, Series> _series = [];
    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();

    public MetricsEndpoint()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (Meters.Contains(instrument.Meter.Name))
            {
                listener.EnableMeasurementEvents(instrument, _series.GetOrAdd(instrument, static instrument => new(instrument)));
            }
        };
        _listener.MeasurementsCompleted = (instrument, _) => _series.TryRemove(instrument, out var _);
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, series) => ((Series)series!).Measured(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, series) => ((Series)series!).Measured(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, series) => ((Series)series!).Measured(value, tags));
    }

    /// <summary>Measures from now on. To look for everybody's instruments takes some ten milliseconds, for which nobody has to wait at the start.</summary>
    public void Start() => _listener.Start();

    public void Map(WebApplication app, Responder responder) => app.MapGet("/metrics", (RequestDelegate)(context => responder.TextAsync(context, Text(), ContentType)));

    /// <summary>All that was measured until now.</summary>
    public string Text()
    {
        // Two scrapes at once would see each other's half.
        lock (_gate)
        {
            foreach (var series in _series.Values)
            {
                series.Forget();
            }

            _listener.RecordObservableInstruments();
            var text = new StringBuilder();
            foreach (var series in _series.Values.OrderBy(each => NameOf(each), StringComparer.Ordinal))
            {
                Write(text, series);
            }

            return text.ToString();
        }
    }

    public void Dispose() => _listener.Dispose();

    private static void Write(StringBuilder text, Series series)
    {
        var name = NameOf(series);
        var cells = series.Cells.Select(cell => (Tags: TagsOf(cell.Key), Cell: cell.Value)).OrderBy(cell => cell.Tags, StringComparer.Ordinal).ToList();
        if (cells.Count == 0)
        {
            return;
        }

        text.Append("# HELP ").Append(name).Append(' ').Append(Escaped(series.Instrument.Description ?? series.Instrument.Name, isValue: false)).Append('\n')
            .Append("# TYPE ").Append(name).Append(' ').Append(series.Kind switch { SeriesKind.Counter => "counter", SeriesKind.Histogram => "histogram", _ => "gauge" }).Append('\n');
        foreach (var (tags, cell) in cells)
        {
            if (series.Kind == SeriesKind.Histogram)
            {
                WriteHistogram(text, name, tags, cell);
            }
            else
            {
                Sample(text, name, tags, cell.Value);
            }
        }
    }

    private static void WriteHistogram(StringBuilder text, string name, string tags, Cell cell)
    {
        var (counts, sum) = (cell.Counts, 0L);
        for (var bucket = 0; bucket < counts.Length; bucket++)
        {
            sum += counts[bucket];
            var bound = bucket < Series.Bounds.Count ? Number(Series.Bounds[bucket]) : "+Inf";
            Sample(text, name + "_bucket", $"{tags}{(tags.Length > 0 ? "," : "")}le=\"{bound}\"", sum);
        }

        Sample(text, name + "_sum", tags, cell.Value);
        Sample(text, name + "_count", tags, sum);
    }

    private static void Sample(StringBuilder text, string name, string tags, double value) =>
        text.Append(name).Append(tags.Length > 0 ? $"{{{tags}}}" : "").Append(' ').Append(Number(value)).Append('\n');

    private static string NameOf(Series series)
    {
        var name = Plain(series.Instrument.Name);
        var unit = series.Instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        return $"{name}{(unit.Length > 0 && !name.EndsWith(unit, StringComparison.Ordinal) ? unit : "")}{(series.Kind == SeriesKind.Counter ? "_total" : "")}";
    }

    private static string TagsOf(KeyValuePair<string, object?>[] tags) =>
        string.Join(',', tags.Select(tag => $"{Plain(tag.Key)}=\"{Escaped(Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "", isValue: true)}\""));

    private static string Plain(string name) => string.Create(name.Length, name, static (plain, name) =>
    {
        for (var i = 0; i < name.Length; i++)
        {
            plain[i] = char.IsAsciiLetterOrDigit(name[i]) ? name[i] : '_';
        }
    });

    private static string Escaped(string text, bool isValue)
    {
        text = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return isValue ? text.Replace("\"", "\\\"", StringComparison.Ordinal) : text;
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
