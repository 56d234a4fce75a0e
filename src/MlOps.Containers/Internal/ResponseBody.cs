using System.Buffers;
using MlOps.Content;

namespace MlOps.Containers.Internal;

/// <summary>Reads what a registry answers, with limits on bytes and on standing still.</summary>
internal static class ResponseBody
{
    private const int WordsBytes = 16 * 1024, WordsCharacters = 300;

    /// <summary>The whole body, or null if it is longer than allowed.</summary>
    public static async Task<byte[]?> ReadAsync(HttpResponseMessage response, int most, RegistryRequest request, RegistryOptions options, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > most)
        {
            return null;
        }

        var bytes = new ArrayBufferWriter<byte>(4096);
        using var guard = new StallGuard(options.StallTimeout, options.Time, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        for (int read; (read = await ReadAsync(stream, bytes.GetMemory(4096), guard, request, options)) > 0; guard.Moved())
        {
            bytes.Advance(read);
            if (bytes.WrittenCount > most)
            {
                return null;
            }
        }

        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Some bytes; what the network does becomes a <see cref="TransientException"/>.</summary>
    public static async ValueTask<int> ReadAsync(Stream stream, Memory<byte> block, StallGuard guard, RegistryRequest request, RegistryOptions options)
    {
        try
        {
            return await stream.ReadAsync(block, guard.Token);
        }
        catch (OperationCanceledException) when (guard.Stalled)
        {
            throw request.Errand.Stalled(request.Uri, options.StallTimeout);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw request.Errand.Lost(e, request.Uri);
        }
    }

    /// <summary>The registry's own words for a failure, to be put after ours; empty if it has none.</summary>
    public static async Task<string> WordsAsync(HttpResponseMessage response, RegistryRequest request, RegistryOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var errors = request.Method != HttpMethod.Head && await ReadAsync(response, WordsBytes, request, options, cancellationToken) is { } bytes
                ? JsonText.TryRead(bytes, ContainersJson.Default.ErrorAnswer)?.Errors
                : null;
            return errors?.FirstOrDefault() is { } error ? $": {Clean(error.Code)}{(error.Message is null ? "" : $", {Clean(error.Message)}")}" : "";
        }
        catch (TransientException)
        {
            // The status says enough.
            return "";
        }
    }

    // Somebody else's text must neither fill a terminal nor steer it.
    private static string Clean(string? text) => ForeignText.Shown(text ?? "", WordsCharacters);
}
