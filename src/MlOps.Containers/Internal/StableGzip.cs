using System.Buffers.Binary;
using ICSharpCode.SharpZipLib.Checksum;
using ICSharpCode.SharpZipLib.Zip.Compression;
using ICSharpCode.SharpZipLib.Zip.Compression.Streams;

namespace MlOps.Containers.Internal;

/// <summary>Gzip whose bytes depend on nothing but what is compressed: a managed deflate of one version, and a header without time and system.</summary>
/// <remarks>RFC 1952. The runtime's own deflate is a native library that changes with the runtime.</remarks>
internal sealed class StableGzip(Stream destination) : Stream
{
    private const int Level = 6;

    private readonly DeflaterOutputStream _deflate = Begin(destination);
    private readonly Crc32 _crc = new();
    private uint _length;
    private bool _ended;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        _crc.Update(new ArraySegment<byte>(buffer, offset, count));
        _length += (uint)count;
        _deflate.Write(buffer, offset, count);
    }

    public override void Write(ReadOnlySpan<byte> buffer) => Write(buffer.ToArray(), 0, buffer.Length);

    // What is flushed early is compressed otherwise.
    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static DeflaterOutputStream Begin(Stream destination)
    {
        destination.Write([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]);
        return new(destination, new Deflater(Level, noZlibHeaderOrFooter: true), 1 << 16) { IsStreamOwner = false };
    }

    protected override void Dispose(bool disposing)
    {
        if (!_ended)
        {
            _ended = true;
            _deflate.Finish();
            Span<byte> trailer = stackalloc byte[8];
            BinaryPrimitives.WriteUInt32LittleEndian(trailer, (uint)_crc.Value);
            BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], _length);
            destination.Write(trailer);
            _deflate.Dispose();
        }

        base.Dispose(disposing);
    }
}
