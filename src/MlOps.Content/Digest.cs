using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace MlOps.Content;

/// <summary>The sha256 of bytes: the only identity that leaves the machine. Printed as <c>sha256:</c> and 64 lower-case hex digits.</summary>
/// <remarks>The default value is the digest of nothing that exists (all zero bits); <see cref="IsEmpty"/> tells it.</remarks>
public readonly record struct Digest : IComparable<Digest>
{
    /// <summary>What a printed digest starts with.</summary>
    public const string Prefix = "sha256:";

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    private Digest(UInt128 high, UInt128 low) => (_high, _low) = (high, low);

    /// <summary>Whether this is the default value, which no content has.</summary>
    public bool IsEmpty => _high == 0 && _low == 0;

    /// <summary>The 64 lower-case hex digits without the algorithm's name.</summary>
    public string Hex => $"{_high:x32}{_low:x32}";

    /// <summary>The digest of some bytes.</summary>
    public static Digest Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(content, hash);
        return FromBytes(hash);
    }

    /// <summary>The digest of a text's UTF-8 bytes.</summary>
    public static Digest Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>The digest whose 32 bytes, most significant first, are given.</summary>
    public static Digest FromBytes(ReadOnlySpan<byte> hash) => new(
        BinaryPrimitives.ReadUInt128BigEndian(hash),
        BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));

    /// <summary>Writes the 32 bytes, most significant first.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], _low);
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

        if (hex.Length != 64 || hex.ContainsAnyExcept(HexDigits))
        {
            return false;
        }

        digest = FromBytes(Convert.FromHexString(hex));
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(Digest other) => _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

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
