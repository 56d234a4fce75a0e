using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Threading.Channels;
using MlOps.Content;
using MlOps.Data;
using MlOps.Serving.Models;
using MlOps.Serving.Rows;
using MlOps.Serving.Telemetry;

namespace MlOps.Serving.Inferences;

/// <summary>Writes what was asked and answered, a line of JSON per row, for monitoring and for whoever asks later why. A request neither waits for it nor fails by it: what the disk does not take is dropped and counted.</summary>
internal sealed class InferenceLog : BackgroundService
{
    /// <summary>The bytes of requests that wait to be written; what comes while so many wait is dropped.</summary>
    private const int MostWaiting = 64 << 20;

    private const int BatchBytes = 1 << 18;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly InferenceLogConfig _config;
    private readonly HashSet<string> _never;
    private readonly TimeProvider _time;
    private readonly ServiceMeter _meter;
    private readonly ILogger _logger;
    private readonly Channel<Inference> _waiting = Channel.CreateUnbounded<Inference>(new() { SingleReader = true });
    private int _bytes;
    private long _told;

    /// <summary>Checks what is never written against what is served.</summary>
    /// <exception cref="DiagnosticException">MLO7025: no model takes such a column.</exception>
    public InferenceLog(InferenceLogConfig config, ModelCatalog catalog, ServiceMeter meter, TimeProvider time, ILogger<InferenceLog> logger)
    {
        (_config, _never, _meter, _time, _logger) = (config, [.. config.Never ?? []], meter, time, logger);
        var taken = catalog.Models.SelectMany(model => model.Inputs).Select(input => input.Name).ToHashSet(StringComparer.Ordinal);
        if (_never.FirstOrDefault(column => !taken.Contains(column)) is { } unknown)
        {
            throw new DiagnosticException(new Diagnostic("MLO7025", $"the log must never hold column '{unknown}', and no model takes one of that name")
            {
                Where = "log.never",
                Why = $"the models take {string.Join(", ", taken.Order(StringComparer.Ordinal).Take(20))}",
                Mend = Diagnostic.Nearest(unknown, taken) is { } near ? $"write '{near}', if that is meant" : "leave it out",
            });
        }
    }

    /// <summary>Keeps a request's rows, if it is of the sample and there is room.</summary>
    public void Add(string id, LoadedModel model, Scored scored, int bytes)
    {
        var rows = scored.Predictions.Rows;
        if (rows == 0 || (_config.Sample is { } share && !RequestId.IsSampled(id, share)))
        {
            return;
        }

        if (Interlocked.Add(ref _bytes, bytes) > MostWaiting || !_waiting.Writer.TryWrite(new(_time.GetUtcNow(), id, model, scored, bytes)))
        {
            Interlocked.Add(ref _bytes, -bytes);
            _meter.InferencesDropped(rows);
        }
    }

    /// <summary>Writes what still waits, then ends.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _waiting.Writer.TryComplete();
        if (ExecuteTask is { } writing)
        {
            await writing.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var files = new InferenceFiles(_config, _time);
        var buffer = new ArrayBufferWriter<byte>(BatchBytes);
        using var json = new Utf8JsonWriter(buffer, Options);
        while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            var (rows, bytes) = (0, 0);
            while (buffer.WrittenCount < BatchBytes && _waiting.Reader.TryRead(out var inference))
            {
                Write(inference, json, buffer);
                (rows, bytes) = (rows + inference.Scored.Predictions.Rows, bytes + inference.Bytes);
            }

            if (!Append(files, buffer.WrittenSpan, rows))
            {
                await Task.Delay(Patience, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            Interlocked.Add(ref _bytes, -bytes);
            buffer.ResetWrittenCount();
        }
    }

    private bool Append(InferenceFiles files, ReadOnlySpan<byte> lines, int rows)
    {
        try
        {
            files.Append(lines);
            return true;
        }
        catch (Exception failure) when (IoFailure.Covers(failure))
        {
            _meter.InferencesDropped(rows);
            if (_told == 0 || _time.GetElapsedTime(_told) > TimeSpan.FromMinutes(1))
            {
                _told = _time.GetTimestamp();
                Log.InferencesDropped(_logger, _config.Folder, failure.Message);
            }

            return false;
        }
    }

    private void Write(Inference inference, Utf8JsonWriter json, ArrayBufferWriter<byte> buffer)
    {
        var (time, id, model, (sent, predictions, _), _) = inference;
        for (var row = 0; row < predictions.Rows; row++)
        {
            json.WriteStartObject();
            json.WriteString("time"u8, time);
            json.WriteString("id"u8, id);
            json.WriteNumber("row"u8, row);
            json.WriteString("model"u8, model.EncodedName);
            json.WriteString("version"u8, model.Version);
            json.WriteString("digest"u8, model.Digest.ToString());
            json.WriteStartObject("inputs"u8);
            foreach (var column in sent.Columns)
            {
                if (!_never.Contains(column.Name))
                {
                    json.WritePropertyName(column.Name);
                    CellJson.Write(json, column, row);
                }
            }

            json.WriteEndObject();
            if (model.Classes.Length > 0)
            {
                json.WriteString("label"u8, model.Class(predictions, row));
            }

            json.WriteStartArray("outputs"u8);
            foreach (var value in predictions.Row(row))
            {
                JsonNumber.Write(json, value);
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.Flush();
            buffer.Write("\n"u8);
            json.Reset();
        }
    }

    /// <summary>A request that was answered.</summary>
    private readonly record struct Inference(DateTimeOffset Time, string Id, LoadedModel Model, Scored Scored, int Bytes);
}
