using System.Diagnostics.CodeAnalysis;
using MlOps.Content;

namespace MlOps.Packaging;

/// <summary>A public key's name: the sha256 of its SubjectPublicKeyInfo in DER, as 64 lower-case hex digits.</summary>
/// <remarks><c>openssl pkey -pubin -in KEY -outform DER | sha256sum</c> says the same.</remarks>
/// <param name="Digest">The sha256.</param>
public readonly record struct KeyId(Digest Digest)
{
    /// <summary>The first 12 digits, for people: never to be trusted, only to be read.</summary>
    public string Short => Digest.Hex[..12];

    /// <summary>Reads 64 lower-case hex digits; false if the text is anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out KeyId id)
    {
        var isId = text?.Length == 64 & Digest.TryParse(text, out var digest);
        id = new(digest);
        return isId;
    }

    /// <summary>The 64 hex digits.</summary>
    public override string ToString() => Digest.Hex;
}
