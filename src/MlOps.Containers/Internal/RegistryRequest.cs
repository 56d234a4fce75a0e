using System.Net;
using System.Net.Http.Headers;

namespace MlOps.Containers.Internal;

/// <summary>One question to a registry, which may be sent several times.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Uri">Where to.</param>
/// <param name="Errand">What it is for.</param>
internal sealed record RegistryRequest(HttpMethod Method, Uri Uri, Errand Errand)
{
    /// <summary>The rights it takes, as the token specification writes them, separated by spaces; none for the registry as a whole.</summary>
    public string Scope { get; init; } = "";

    /// <summary>The body; made anew for each sending.</summary>
    public Func<StallGuard, HttpContent>? Body { get; init; }

    /// <summary>Further headers.</summary>
    public Action<HttpRequestHeaders>? Headers { get; init; }

    /// <summary>How many times the usual limit nothing may move.</summary>
    public int Patience { get; init; } = 1;
}

/// <summary>A part of a file as a body.</summary>
/// <remarks>What fails here is a local file, not the network; <see cref="Failure"/> keeps it, because the sender wraps it.</remarks>
internal sealed class FilePart : HttpContent
{
    private const int BlockBytes = 1 << 20;

    /// <summary>A registry that has all bytes puts the blob in its place before it answers.</summary>
    public const int Patience = 10;

    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _file;
    private readonly long _offset, _length;
    private readonly StallGuard _guard;
    private readonly IProgress<long>? _progress;

    public FilePart(Microsoft.Win32.SafeHandles.SafeFileHandle file, long offset, long length, StallGuard guard, IProgress<long>? progress)
    {
        (_file, _offset, _length, _guard, _progress) = (file, offset, length, guard, progress);
        Headers.ContentType = new(MediaTypes.Bytes);
        Headers.ContentLength = length;
    }

    public Exception? Failure { get; private set; }

    protected override bool TryComputeLength(out long length)
    {
        length = _length;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var block = System.Buffers.ArrayPool<byte>.Shared.Rent((int)Math.Min(BlockBytes, Math.Max(_length, 1)));
        try
        {
            for (var sent = 0L; sent < _length;)
            {
                var read = Read(block.AsSpan(0, (int)Math.Min(block.Length, _length - sent)), _offset + sent);
                await stream.WriteAsync(block.AsMemory(0, read), cancellationToken);
                sent += read;
                _guard.Moved();
                _progress?.Report(read);
            }

            _guard.Moved(Patience);
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(block);
        }
    }

    private int Read(Span<byte> block, long offset)
    {
        try
        {
            var read = RandomAccess.Read(_file, block, offset);
            return read > 0 ? read : throw new IOException("the file became shorter while it was sent");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Failure = e;
            throw;
        }
    }
}
