using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace MlOps.Containers.Internal;

/// <summary>A part of a file that is to be a blob: its end is told only if its bytes were those of the descriptor, else reading fails.</summary>
internal sealed class CheckedStream(SafeFileHandle file, long offset, Descriptor blob, string where, bool owns) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _at;
    private bool _checked;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => blob.Size;

    public override long Position
    {
        get => _at;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (_checked || buffer.IsEmpty)
        {
            return 0;
        }

        var read = _at == blob.Size ? 0 : RandomAccess.Read(file, buffer[..(int)Math.Min(buffer.Length, blob.Size - _at)], offset + _at);
        _hash.AppendData(buffer[..read]);
        _at += read;
        if (_at < blob.Size && read == 0)
        {
            throw ArtifactFailure.OtherBytes(where, $"blob {blob.Digest}", FormattableString.Invariant($"it ends after {_at} of {blob.Size} bytes"));
        }

        // Held against the digest together with the last bytes: whoever got them all has the right ones.
        if (_at == blob.Size)
        {
            var digest = Content.Digest.FromBytes(_hash.GetCurrentHash());
            _checked = digest == blob.Digest ? true : throw ArtifactFailure.OtherBytes(where, $"blob {blob.Digest}", $"its bytes have digest {digest}");
        }

        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _hash.Dispose();
        if (owns && disposing)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }
}
