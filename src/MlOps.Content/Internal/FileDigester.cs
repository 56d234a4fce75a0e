using System.Buffers;
using System.IO.Hashing;
using System.Security.Cryptography;

namespace MlOps.Content.Internal;

/// <summary>Takes the digests of files, one after the other; both from one read. Not for several threads at once.</summary>
internal sealed class FileDigester : IDisposable
{
    // Half of a core's second cache: what was read is still near when it is hashed.
    private const int BlockBytes = 128 * 1024;

    private readonly byte[] _block = ArrayPool<byte>.Shared.Rent(BlockBytes + Xxh128.StripeBytes + Xxh128.KeptBytes);
    private IncrementalHash? _sha;

    /// <summary>The identity of an open file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="length">Its length as far as is known; only speed depends on it.</param>
    public FileIdentity Identify(in OpenFile file, long length)
    {
        var filled = length < BlockBytes ? file.Fill(Room(length), 0, Enough(length)) : -1;
        return filled >= 0 && filled <= length ? Of(filled) : IdentifyLarge(file);
    }

    /// <summary>The identity of an open file of unknown length, if it does not change meanwhile.</summary>
    public FileIdentity Identify(in OpenFile file)
    {
        var filled = file.Fill(_block.AsSpan(0, BlockBytes), 0, enough: 1);
        return filled < BlockBytes ? Of(filled) : IdentifyLarge(file);
    }

    /// <summary>The identity of an open file that had another one before: if length and xxh128 are as they were, so is the sha256, which takes longest.</summary>
    public FileIdentity Identify(in OpenFile file, in FileIdentity before)
    {
        if (before.Bytes >= BlockBytes)
        {
            return Quick(file, null, out var bytes) == (before.XxhHigh, before.XxhLow) && bytes == before.Bytes ? before : IdentifyLarge(file);
        }

        var filled = file.Fill(Room(before.Bytes), 0, Enough(before.Bytes));
        return filled > before.Bytes ? IdentifyLarge(file)
            : filled == before.Bytes && XxHash128.HashToUInt128(_block.AsSpan(0, filled)) == before.Xxh128 ? before
            : Of(filled);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_block);
        _sha?.Dispose();
    }

    private FileIdentity Of(int filled)
    {
        if (filled < Xxh128.LeastBytes)
        {
            return FileIdentity.Of(_block.AsSpan(0, filled));
        }

        var (high, low) = Xxh128.Of(_block.AsSpan(0, filled));
        _sha ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> hash = stackalloc byte[32];
        _sha.AppendData(_block, 0, filled);
        _sha.GetHashAndReset(hash);
        return new(Digest.FromBytes(hash), high, low, filled);
    }

    // One byte more than expected shows a file that grew since its length was taken; growing later shows in the stat that is taken afterwards.
    private Span<byte> Room(long length) => _block.AsSpan(0, (int)length + 1);

    // Files of the kernel's say that they are empty, and are not.
    private static int Enough(long length) => Math.Max(1, (int)length);

    private FileIdentity IdentifyLarge(in OpenFile file)
    {
        // Put back only when it is clean: a failed read leaves half a file in it.
        var sha = _sha ?? IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _sha = null;
        var quick = Quick(file, sha, out var bytes);
        Span<byte> hash = stackalloc byte[32];
        sha.GetHashAndReset(hash);
        _sha = sha;
        return new(Digest.FromBytes(hash), quick.High, quick.Low, bytes);
    }

    /// <summary>The xxh128 of a whole file. Before the bytes that are not yet hashed stand the last that are, because the end reaches back to them.</summary>
    private (ulong High, ulong Low) Quick(in OpenFile file, IncrementalHash? sha, out long bytes)
    {
        Span<ulong> sums = stackalloc ulong[8];
        Xxh128.Begin(sums);
        bytes = 0;
        var left = 0;
        for (int read; (read = file.Fill(_block.AsSpan(Xxh128.StripeBytes + left, BlockBytes), bytes)) > 0; bytes += read)
        {
            sha?.AppendData(_block, Xxh128.StripeBytes + left, read);
            left += read;
            var done = Xxh128.Add(sums, _block.AsSpan(Xxh128.StripeBytes, left));
            left -= done;
            _block.AsSpan(done, Xxh128.StripeBytes + left).CopyTo(_block);
        }

        if (bytes >= Xxh128.LeastBytes)
        {
            return Xxh128.End(sums, _block.AsSpan(0, Xxh128.StripeBytes + left), left, (ulong)bytes);
        }

        var all = XxHash128.HashToUInt128(_block.AsSpan(Xxh128.StripeBytes, left));
        return ((ulong)(all >> 64), (ulong)all);
    }
}
