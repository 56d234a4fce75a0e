using System.IO.Hashing;
using MlOps.Content.Internal;

namespace MlOps.Content;

/// <summary>What a file's bytes are: the sha256 that identifies them everywhere, the xxh128 that tells quickly whether they changed, and their number.</summary>
/// <param name="Sha256">The identity.</param>
/// <param name="Xxh128">The fast local check; never an identity.</param>
/// <param name="Bytes">The length in bytes.</param>
public readonly record struct FileIdentity(Digest Sha256, UInt128 Xxh128, long Bytes)
{
    /// <summary>The 32 lower-case hex digits of <see cref="Xxh128"/>.</summary>
    public string Xxh128Hex => Xxh128.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The identity of some bytes.</summary>
    public static FileIdentity Of(ReadOnlySpan<byte> content) =>
        new(Digest.Of(content), XxHash128.HashToUInt128(content), content.Length);

    /// <summary>The identity of a file; both digests come from one read.</summary>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static FileIdentity OfFile(string path)
    {
        using var digester = new FileDigester();
        using var file = OpenFile.At(path);
        return digester.Identify(file, file.Stat().Size);
    }
}
