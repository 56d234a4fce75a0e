using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using MlOps.Content.Internal;

namespace MlOps.Content;

/// <summary>The sha256 of bytes: the only identity that leaves the machine. Printed as <c>sha256:</c> and 64 lower-case hex digits.</summary>
/// <remarks>The default value is the digest of nothing that exists (all zero bits); <see cref="IsEmpty"/> tells it.</remarks>
public readonly record struct Digest : IComparable<Digest>
{
    /// <summary>What a printed digest starts with.</summary>
    public const string Prefix = "sha256:";

    private const int HexLength = 64;

    // Not two UInt128: ReadyToRun leaves every method that touches a type with one of these to the JIT compiler.
    private readonly ulong _0, _1, _2, _3;

    private Digest(ulong first, ulong second, ulong third, ulong fourth) => (_0, _1, _2, _3) = (first, second, third, fourth);

    /// <summary>Whether this is the default value, which no content has.</summary>
    public bool IsEmpty => (_0 | _1 | _2 | _3) == 0;

    /// <summary>The 64 lower-case hex digits without the algorithm's name.</summary>
    public string Hex
    {
        get
        {
            Span<byte> digits = stackalloc byte[HexLength];
            CopyHexTo(digits);
            return Encoding.ASCII.GetString(digits);
        }
    }

    /// <summary>The digest of some bytes.</summary>
    public static Digest Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[32];
        if (!SmallSha256.TryHash(content, hash))
        {
            SHA256.HashData(content, hash);
        }

        return FromBytes(hash);
    }

    /// <summary>The digest of a text's UTF-8 bytes.</summary>
    public static Digest Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>The digest whose 32 bytes, most significant first, are given.</summary>
    public static Digest FromBytes(ReadOnlySpan<byte> hash) => new(
        BinaryPrimitives.ReadUInt64BigEndian(hash),
        BinaryPrimitives.ReadUInt64BigEndian(hash[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(hash[16..]),
        BinaryPrimitives.ReadUInt64BigEndian(hash[24..]));

    /// <summary>Writes the 32 bytes, most significant first.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _0);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _1);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _2);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _3);
    }

    /// <summary>Writes the 64 lower-case hex digits as ASCII.</summary>
    public void CopyHexTo(Span<byte> destination)
    {
        Span<byte> bytes = stackalloc byte[32];
        CopyTo(bytes);
        for (var i = 0; i < bytes.Length; i++)
        {
            (destination[2 * i], destination[(2 * i) + 1]) = ("0123456789abcdef"u8[bytes[i] >> 4], "0123456789abcdef"u8[bytes[i] & 15]);
        }
    }

    /// <summary>Reads 64 lower-case hex digits in ASCII; false if the bytes are anything else.</summary>
    public static bool TryParseHex(ReadOnlySpan<byte> ascii, out Digest digest)
    {
        digest = default;
        Span<byte> bytes = stackalloc byte[32];
        if (ascii.Length != HexLength)
        {
            return false;
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            var (high, low) = (Digit(ascii[2 * i]), Digit(ascii[(2 * i) + 1]));
            if ((high | low) < 0)
            {
                return false;
            }

            bytes[i] = (byte)((high << 4) | low);
        }

        digest = FromBytes(bytes);
        return true;

        static int Digit(byte digit) => digit is >= (byte)'0' and <= (byte)'9' ? digit - '0' : digit is >= (byte)'a' and <= (byte)'f' ? digit - 'a' + 10 : -1;
    }

    /// <summary>Reads 64 lower-case hex digits, with or without <c>sha256:</c> before them.</summary>
    /// <exception cref="FormatException">The text is not a digest.</exception>
    public static Digest Parse(string text) =>
        TryParse(text, out var digest) ? digest : throw new FormatException($"'{text}' is not a sha256 digest");

    /// <summary>Reads 64 lower-case hex digits, with or without <c>sha256:</c> before them; false if the text is anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        var hex = text.AsSpan();
        if (hex.StartsWith(Prefix, StringComparison.Ordinal))
        {
            hex = hex[Prefix.Length..];
        }

        Span<byte> ascii = stackalloc byte[HexLength];
        return hex.Length == HexLength && Ascii.FromUtf16(hex, ascii, out _) == OperationStatus.Done && TryParseHex(ascii, out digest);
    }

    /// <inheritdoc/>
    public int CompareTo(Digest other) =>
        _0 != other._0 ? _0.CompareTo(other._0)
        : _1 != other._1 ? _1.CompareTo(other._1)
        : _2 != other._2 ? _2.CompareTo(other._2)
        : _3.CompareTo(other._3);

    /// <summary>Whether all bits are the same.</summary>
    public bool Equals(Digest other) => _0 == other._0 && _1 == other._1 && _2 == other._2 && _3 == other._3;

    /// <summary>A few of the bits; all are equally random.</summary>
    public override int GetHashCode() => (int)_0;

    /// <summary><c>sha256:</c> and the hex digits.</summary>
    public override string ToString() => Prefix + Hex;

    /// <summary>Ordinal order of the hex digits.</summary>
    public static bool operator <(Digest left, Digest right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order of the hex digits.</summary>
    public static bool operator >(Digest left, Digest right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order of the hex digits.</summary>
    public static bool operator <=(Digest left, Digest right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order of the hex digits.</summary>
    public static bool operator >=(Digest left, Digest right) => left.CompareTo(right) >= 0;
}
