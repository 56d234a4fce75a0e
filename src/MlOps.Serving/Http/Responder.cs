using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MlOps.Serving.Http;

/// <summary>Writes JSON answers with their length known, and asks callers to reconnect elsewhere while the service drains.</summary>
internal sealed class Responder(Drain drain)
{
    /// <summary>A buffer that one big answer made larger than this, in bytes, is not kept.</summary>
    private const int KeptCapacity = 1 << 20;

    /// <summary>In characters.</summary>
    private const int LongestMessage = 1000;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? t_writer;

    /// <summary>Writes an answer; <paramref name="write"/> should be static and find all it needs in <paramref name="state"/>.</summary>
    public async Task WriteAsync<TState>(HttpContext context, int status, TState state, Action<Utf8JsonWriter, TState> write)
    {
        Write(context, status, state, write);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    /// <summary>As <see cref="WriteAsync"/>, for somebody else to send.</summary>
    public void Write<TState>(HttpContext context, int status, TState state, Action<Utf8JsonWriter, TState> write)
    {
        var response = context.Response;
        CloseWhileDraining(response);
        response.StatusCode = status;
        response.ContentType = "application/json";
        Fill(response, state, write);
    }

    /// <summary>Writes <c>{"error": "…"}</c>; of a long message, such as one that quotes what was sent, only the beginning.</summary>
    public Task ErrorAsync(HttpContext context, int status, string message) => WriteAsync(context, status, Beginning(message), static (json, message) =>
    {
        json.WriteStartObject();
        json.WriteString("error"u8, message);
        json.WriteEndObject();
    });

    public Task TextAsync(HttpContext context, string text, string type = "text/plain; charset=utf-8")
    {
        CloseWhileDraining(context.Response);
        context.Response.ContentType = type;
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    private static string Beginning(string message) => message.Length <= LongestMessage ? message
        : $"{message.AsSpan(0, char.IsHighSurrogate(message[LongestMessage - 1]) ? LongestMessage - 1 : LongestMessage)}…";

    private void CloseWhileDraining(HttpResponse response)
    {
        if (drain.IsDraining)
        {
            response.Headers.Connection = "close";
        }
    }

    private static void Fill<TState>(HttpResponse response, TState state, Action<Utf8JsonWriter, TState> write)
    {
        var buffer = t_buffer ??= new ArrayBufferWriter<byte>(4096);
        var writer = t_writer ??= new Utf8JsonWriter(buffer, Options);
        try
        {
            write(writer, state);
            writer.Flush();
            response.ContentLength = buffer.WrittenCount;
            response.BodyWriter.Write(buffer.WrittenSpan);
        }
        finally
        {
            var kept = buffer.Capacity <= KeptCapacity ? buffer : t_buffer = new ArrayBufferWriter<byte>(4096);
            kept.ResetWrittenCount();
            writer.Reset(kept);
        }
    }
}
