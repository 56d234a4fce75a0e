using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace MlOps.Serving.Http;

/// <summary>The bytes that a caller sent, as one JSON value.</summary>
internal readonly struct RequestBody : IDisposable
{
    private readonly PipeReader _reader;
    private readonly ReadOnlySequence<byte> _bytes;

    private RequestBody(PipeReader reader, ReadOnlySequence<byte> bytes)
    {
        _reader = reader;
        _bytes = bytes;
        Json = bytes.IsSingleSegment ? bytes.First : bytes.ToArray();
    }

    /// <summary>The whole body in one piece; valid until disposed.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>Reads the whole body.</summary>
    /// <exception cref="RequestException">415: it is not plain JSON in UTF-8.</exception>
    /// <exception cref="BadHttpRequestException">413: it is too long. 400: it ended early.</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpContext context)
    {
        CheckType(context.Request);
        var reader = context.Request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync(context.RequestAborted);
            if (result.IsCompleted)
            {
                return new(reader, result.Buffer);
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    /// <summary>Gives the bytes back to the connection.</summary>
    public void Dispose() => _reader.AdvanceTo(_bytes.End);

    /// <summary>What to tell a caller whose JSON is broken.</summary>
    public static RequestException Broken(JsonException problem) => RequestException.BadRequest(
        $"the body is not valid JSON, line {problem.LineNumber + 1}, byte {problem.BytePositionInLine + 1}: {Reason(problem.Message)}");

    /// <summary>The reader's message without the position, which it appends.</summary>
    private static string Reason(string message)
    {
        var position = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return position < 0 ? message : message[..position];
    }

    private static void CheckType(HttpRequest request)
    {
        if (request.Headers.ContainsKey("Inference-Header-Content-Length") || request.Headers.ContentEncoding.Count > 0)
        {
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType,
                "compressed bodies and the binary data extension are not supported: send plain JSON");
        }

        var type = request.ContentType;
        if (type is null or "application/json")
        {
            return;
        }

        if (!MediaTypeHeaderValue.TryParse(type, out var parsed)
            || !(parsed.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
                || parsed.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase))
            || (parsed.Charset.HasValue && !parsed.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
        {
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType,
                $"content type '{type}' is not supported: send JSON in UTF-8 with Content-Type: application/json");
        }
    }
}
