using System.Buffers;
using System.IO.Hashing;
using System.Security.Cryptography;

namespace MlOps.Content.Internal;

/// <summary>The lines of a directory's listing: hex digits, two spaces, path, LF.</summary>
internal sealed class TreeLines(TreeRows rows)
{
    private const int BlockBytes = 64 * 1024, LongestDigits = 64;

    /// <summary>What sha256sum would be told: in-toto's dirHash.</summary>
    public Digest Sha256()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Write(Sha256Hex, bytes => hash.AppendData(bytes));
        return Digest.FromBytes(hash.GetHashAndReset());
    }

    /// <summary>The same over the files' xxh128.</summary>
    public UInt128 Xxh128()
    {
        var hash = new XxHash128();
        Write(Xxh128Hex, bytes => hash.Append(bytes));
        return hash.GetCurrentHashAsUInt128();
    }

    public TreeIdentity Identity()
    {
        long bytes = 0;
        for (var i = 0; i < rows.Count; i++)
        {
            bytes += rows[i].Size;
        }

        return new(Sha256(), Xxh128(), bytes, rows.Count);
    }

    public byte[] ToBytes()
    {
        long length = 0;
        for (var i = 0; i < rows.Count; i++)
        {
            length += LongestDigits + 3 + rows[i].PathLength;
        }

        var all = new byte[length];
        var filled = 0;
        Write(Sha256Hex, bytes =>
        {
            bytes.CopyTo(all.AsSpan(filled));
            filled += bytes.Length;
        });
        return all;
    }

    private delegate int Digits(in IndexRow row, Span<byte> digits);

    private static int Sha256Hex(in IndexRow row, Span<byte> digits)
    {
        row.Sha256.CopyHexTo(digits);
        return LongestDigits;
    }

    private static int Xxh128Hex(in IndexRow row, Span<byte> digits)
    {
        for (var i = 0; i < 16; i++)
        {
            (digits[i], digits[16 + i]) = (Hex(row.XxhHigh >> (60 - (4 * i))), Hex(row.XxhLow >> (60 - (4 * i))));
        }

        return 32;
    }

    private static byte Hex(ulong digit) => "0123456789abcdef"u8[(int)(digit & 15)];

    private void Write(Digits digits, Action<ReadOnlySpan<byte>> take)
    {
        var block = ArrayPool<byte>.Shared.Rent(BlockBytes);
        var filled = 0;
        for (var i = 0; i < rows.Count; i++)
        {
            ref readonly var row = ref rows[i];
            if (block.Length - filled < LongestDigits + 3 + row.PathLength)
            {
                take(block.AsSpan(0, filled));
                filled = 0;
            }

            filled += digits(row, block.AsSpan(filled));
            "  "u8.CopyTo(block.AsSpan(filled));
            rows.PathOf(row).CopyTo(block.AsSpan(filled + 2));
            filled += row.PathLength + 3;
            block[filled - 1] = (byte)'\n';
        }

        take(block.AsSpan(0, filled));
        ArrayPool<byte>.Shared.Return(block);
    }
}
