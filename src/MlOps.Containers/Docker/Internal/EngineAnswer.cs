using System.Buffers;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using MlOps.Containers.Internal;

namespace MlOps.Containers.Docker.Internal;

/// <summary>An engine's answer, whose body is read with limits on bytes and on standing still.</summary>
internal sealed class EngineAnswer(HttpResponseMessage response, EngineRequest request, DockerOptions options) : IAsyncDisposable
{
    private const int MostBytes = 16 << 20, MostLineBytes = 1 << 20, BlockBytes = 16 * 1024;

    private Stream? _body;

    public HttpStatusCode Status => response.StatusCode;

    /// <summary>Whether what was asked for is not there.</summary>
    public bool IsAbsent { get; private set; }

    public string? Header(string name) => response.Headers.TryGetValues(name, out var values) ? values.First() : null;

    /// <summary>Throws for what is neither success nor an absence that the request allows.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode || Status == HttpStatusCode.NotModified)
        {
            return;
        }

        var words = JsonText.TryRead(await AllAsync(cancellationToken), DockerJson.Default.MessageAnswer)?.Message;
        if (Status != HttpStatusCode.NotFound)
        {
            throw request.Errand.Refused(Status, Told(words));
        }

        // Calls that an engine does not know have this status as well: docker's words, and podman's.
        IsAbsent = words is not (null or "page not found") && !words.EndsWith(" is not supported", StringComparison.Ordinal) ? true : throw request.Errand.NotUnderstood("it does not know this call");
        if (!request.MayBeAbsent)
        {
            throw request.Errand.Absent(Told(words));
        }
    }

    /// <summary>The whole body as one value.</summary>
    public async Task<T> JsonAsync<T>(JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
        => JsonText.TryRead(await AllAsync(cancellationToken), type) ?? throw request.Errand.NotUnderstood("its answer is no JSON of that kind");

    /// <summary>The body's values, each of which stands in a line.</summary>
    public async IAsyncEnumerable<T> ValuesAsync<T>(JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        var line = new ArrayBufferWriter<byte>();
        var block = new byte[BlockBytes];
        for (int read; (read = await ReadAsync(block, cancellationToken)) > 0;)
        {
            for (var rest = block.AsMemory(0, read); !rest.IsEmpty;)
            {
                var end = rest.Span.IndexOf((byte)'\n');
                var part = end < 0 ? rest : rest[..end];
                if (line.WrittenCount + part.Length > MostLineBytes)
                {
                    throw request.Errand.NotUnderstood($"a line of its answer is longer than {MostLineBytes} bytes");
                }

                line.Write(part.Span);
                rest = rest[(end < 0 ? rest.Length : end + 1)..];
                if (end >= 0)
                {
                    if (ValueOf(line, type) is { } value)
                    {
                        yield return value;
                    }

                    line.ResetWrittenCount();
                }
            }
        }

        if (ValueOf(line, type) is { } last)
        {
            yield return last;
        }
    }

    /// <summary>Some bytes; 0 at the end.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> block, CancellationToken cancellationToken)
    {
        // Only reading is timed, not what is done with the bytes.
        using var guard = new StallGuard(request.IsLive ? Timeout.InfiniteTimeSpan : options.StallTimeout + request.Patience, options.Time, cancellationToken);
        try
        {
            _body ??= await response.Content.ReadAsStreamAsync(guard.Token);
            return await _body.ReadAsync(block, guard.Token);
        }
        catch (OperationCanceledException) when (guard.Stalled)
        {
            throw request.Errand.Stalled(options.StallTimeout + request.Patience);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw request.Errand.Lost(e);
        }
    }

    /// <summary>Fills a block; false at the end of the body.</summary>
    public async ValueTask<bool> FillAsync(Memory<byte> block, CancellationToken cancellationToken)
    {
        for (var filled = 0; filled < block.Length;)
        {
            var read = await ReadAsync(block[filled..], cancellationToken);
            if (read == 0)
            {
                return filled == 0 ? false : throw request.Errand.Truncated("the engine's answer ends in the middle");
            }

            filled += read;
        }

        return true;
    }

    public async ValueTask DisposeAsync()
    {
        if (_body is not null)
        {
            await _body.DisposeAsync();
        }

        response.Dispose();
    }

    private static string Told(string? words) => words is null ? "" : $": {EngineErrand.Clean(words)}";

    private async Task<byte[]> AllAsync(CancellationToken cancellationToken)
    {
        var bytes = new ArrayBufferWriter<byte>();
        for (int read; (read = await ReadAsync(bytes.GetMemory(BlockBytes), cancellationToken)) > 0;)
        {
            bytes.Advance(read);
            if (bytes.WrittenCount > MostBytes)
            {
                throw request.Errand.NotUnderstood($"its answer is longer than {MostBytes} bytes");
            }
        }

        return bytes.WrittenSpan.ToArray();
    }

    private T? ValueOf<T>(ArrayBufferWriter<byte> line, JsonTypeInfo<T> type)
        where T : class
        => line.WrittenSpan.Trim("\r "u8).IsEmpty ? null : JsonText.TryRead(line.WrittenSpan, type) ?? throw request.Errand.NotUnderstood("a line of its answer is no JSON of that kind");
}
