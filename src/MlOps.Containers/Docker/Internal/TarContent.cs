using System.Net;

namespace MlOps.Containers.Docker.Internal;

/// <summary>A tar as a body, in chunks as it is read.</summary>
/// <remarks>A failure to read it is not the network's; <see cref="Failure"/> keeps it, because the sender wraps it.</remarks>
internal sealed class TarContent : HttpContent
{
    private const int BlockBytes = 1 << 18;

    private readonly Stream _tar;
    private readonly Action _moved;

    public TarContent(Stream tar, Action moved)
    {
        (_tar, _moved) = (tar, moved);
        Headers.ContentType = new("application/x-tar");
    }

    public Exception? Failure { get; private set; }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var block = new byte[BlockBytes];
        for (int read; (read = await ReadAsync(block, cancellationToken)) > 0;)
        {
            await stream.WriteAsync(block.AsMemory(0, read), cancellationToken);
            _moved();
        }
    }

    private async Task<int> ReadAsync(byte[] block, CancellationToken cancellationToken)
    {
        try
        {
            return await _tar.ReadAsync(block, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Failure = e;
            throw;
        }
    }
}
