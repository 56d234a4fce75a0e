using System.Buffers.Binary;
using System.IO.Hashing;
using MlOps.Content.Internal;

namespace MlOps.Content;

/// <summary>What a file's bytes are: the sha256 that identifies them everywhere, the xxh128 that tells quickly whether they changed, and their number.</summary>
public readonly record struct FileIdentity
{
    private const int BlockBytes = 128 * 1024;

    // Not an UInt128: see Digest.
    private readonly ulong _xxhHigh, _xxhLow;

    /// <summary>Puts together what was found out elsewhere.</summary>
    public FileIdentity(Digest sha256, UInt128 xxh128, long bytes)
        : this(sha256, (ulong)(xxh128 >> 64), (ulong)xxh128, bytes)
    {
    }

    internal FileIdentity(Digest sha256, ulong xxhHigh, ulong xxhLow, long bytes) => (Sha256, _xxhHigh, _xxhLow, Bytes) = (sha256, xxhHigh, xxhLow, bytes);

    /// <summary>The identity.</summary>
    public Digest Sha256 { get; init; }

    /// <summary>The fast local check; never an identity.</summary>
    public UInt128 Xxh128 => new(_xxhHigh, _xxhLow);

    internal ulong XxhHigh => _xxhHigh;

    internal ulong XxhLow => _xxhLow;

    /// <summary>The length in bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>The 32 lower-case hex digits of <see cref="Xxh128"/>.</summary>
    public string Xxh128Hex => Xxh128.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The identity of some bytes.</summary>
    public static FileIdentity Of(ReadOnlySpan<byte> content)
    {
        if (content.Length >= Internal.Xxh128.LeastBytes)
        {
            var (high, low) = Internal.Xxh128.Of(content);
            return new(Digest.Of(content), high, low, content.Length);
        }

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
        using var digester = new FileDigester();
        using var file = OpenFile.At(path);
        return digester.Identify(file, file.Stat().Size);
    }

    private static FileIdentity Of(Digest sha256, ReadOnlySpan<byte> xxh128, long bytes) =>
        new(sha256, BinaryPrimitives.ReadUInt64BigEndian(xxh128), BinaryPrimitives.ReadUInt64BigEndian(xxh128[8..]), bytes);
}
