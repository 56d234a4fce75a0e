using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace MlOps.Content;

/// <summary>What a file's bytes are: the sha256 that identifies them everywhere, the xxh128 that tells quickly whether they changed, and their number.</summary>
public readonly record struct FileIdentity
{
    private const int BlockBytes = 256 * 1024;

    // Not an UInt128: see Digest.
    private readonly ulong _xxhHigh, _xxhLow;

    /// <summary>Puts together what was found out elsewhere.</summary>
    public FileIdentity(Digest sha256, UInt128 xxh128, long bytes)
        : this(sha256, (ulong)(xxh128 >> 64), (ulong)xxh128, bytes)
    {
    }

    private FileIdentity(Digest sha256, ulong xxhHigh, ulong xxhLow, long bytes) => (Sha256, _xxhHigh, _xxhLow, Bytes) = (sha256, xxhHigh, xxhLow, bytes);

    /// <summary>The identity.</summary>
    public Digest Sha256 { get; }

    /// <summary>The fast local check; never an identity.</summary>
    public UInt128 Xxh128 => new(_xxhHigh, _xxhLow);

    /// <summary>The length in bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>The 32 lower-case hex digits of <see cref="Xxh128"/>.</summary>
    public string Xxh128Hex => Xxh128.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The identity of some bytes.</summary>
    public static FileIdentity Of(ReadOnlySpan<byte> content)
    {
        Span<byte> xxh = stackalloc byte[16];
        XxHash128.Hash(content, xxh);
        return Of(Digest.Of(content), xxh, content.Length);
    }

    /// <summary>The digest of a file alone.</summary>
    /// <inheritdoc cref="OfFile"/>
    public static Digest DigestOfFile(string path) => new FileInfo(path).Length < BlockBytes ? Digest.Of(File.ReadAllBytes(path)) : OfFile(path).Sha256;

    /// <summary>The identity of a file; both digests come from one read.</summary>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static FileIdentity OfFile(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        var length = RandomAccess.GetLength(file);
        return length < BlockBytes ? OfSmall(file, (int)length) : OfLarge(file);
    }

    private static FileIdentity Of(Digest sha256, ReadOnlySpan<byte> xxh128, long bytes) =>
        new(sha256, BinaryPrimitives.ReadUInt64BigEndian(xxh128), BinaryPrimitives.ReadUInt64BigEndian(xxh128[8..]), bytes);

    private static FileIdentity OfSmall(SafeFileHandle file, int expected)
    {
        // One byte more than expected shows a file that grew since its length was taken.
        var block = System.Buffers.ArrayPool<byte>.Shared.Rent(expected + 1);
        try
        {
            var filled = Fill(file, block, 0);
            return filled <= expected ? Of(block.AsSpan(0, filled)) : OfLarge(file);
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(block);
        }
    }

    private static FileIdentity OfLarge(SafeFileHandle file)
    {
        var block = System.Buffers.ArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var xxh = new XxHash128();
            long bytes = 0;
            for (int read; (read = Fill(file, block, bytes)) > 0; bytes += read)
            {
                sha.AppendData(block, 0, read);
                xxh.Append(block.AsSpan(0, read));
            }

            Span<byte> hash = stackalloc byte[32];
            sha.GetHashAndReset(hash);
            Span<byte> check = stackalloc byte[16];
            xxh.GetCurrentHash(check);
            return Of(Digest.FromBytes(hash), check, bytes);
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(block);
        }
    }

    private static int Fill(SafeFileHandle file, byte[] block, long offset)
    {
        var filled = 0;
        for (int read; filled < block.Length && (read = RandomAccess.Read(file, block.AsSpan(filled), offset + filled)) > 0; filled += read)
        {
        }

        return filled;
    }
}
