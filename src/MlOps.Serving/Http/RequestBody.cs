using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace MlOps.Serving.Http;

/// <summary>The whole body that a caller sent; disposing gives its memory back.</summary>
internal readonly struct RequestBody : IDisposable
{
    private readonly Intake _intake;
    private readonly PipeReader _reader;
    private readonly ReadOnlySequence<byte> _pieces;
    private readonly long _held;

    public RequestBody(Intake intake, PipeReader reader, ReadOnlySequence<byte> pieces, long held)
    {
        (_intake, _reader, _pieces, _held) = (intake, reader, pieces, held);
        Bytes = pieces.IsSingleSegment ? pieces.First : pieces.ToArray();
    }

    /// <summary>All of it in one piece; valid until disposed.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    public void Dispose()
    {
        _intake.Release(_held);
        _reader.AdvanceTo(_pieces.End);
    }

    /// <summary>What to tell a caller whose JSON is broken.</summary>
    public static RequestException Broken(JsonException problem) => RequestException.BadRequest(
        $"the body is not valid JSON, line {problem.LineNumber + 1}, byte {problem.BytePositionInLine + 1}: {Reason(problem.Message)}");

    /// <summary>The reader's message without the position, which it appends.</summary>
    private static string Reason(string message)
    {
        var position = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return position < 0 ? message : message[..position];
    }

    /// <summary>Refuses what is not plain JSON in UTF-8, or where it may be, CSV.</summary>
    /// <returns>Whether it is CSV.</returns>
    /// <exception cref="RequestException">415.</exception>
    public static bool CheckType(HttpRequest request, bool mayBeCsv)
    {
        if (request.Headers.ContainsKey("Inference-Header-Content-Length") || request.Headers.ContentEncoding.Count > 0)
        {
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType,
                "compressed bodies and the binary data extension are not supported: send plain JSON");
        }

        var type = request.ContentType;
        if (type is null or "application/json")
        {
            return false;
        }

        var parsed = MediaTypeHeaderValue.TryParse(type, out var found) && (!found.Charset.HasValue || found.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)) ? found : null;
        return parsed is not null && (parsed.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) || parsed.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase)) ? false
            : mayBeCsv && parsed?.MediaType.Equals("text/csv", StringComparison.OrdinalIgnoreCase) == true ? true
            : throw new RequestException(StatusCodes.Status415UnsupportedMediaType,
                $"content type '{type}' is not supported: send JSON in UTF-8 with Content-Type: application/json{(mayBeCsv ? ", or a table with text/csv" : "")}");
    }
}
