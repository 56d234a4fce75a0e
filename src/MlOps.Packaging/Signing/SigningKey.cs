using System.Security.Cryptography;
using MlOps.Content;
using MlOps.Packaging.Internal;

namespace MlOps.Packaging;

/// <summary>What signs: an ECDSA key on P-256 with its private half. Its text shows no secret; it is used by one thread at a time and disposed.</summary>
/// <remarks>Signatures hold a random number: two over the same bytes differ, and both are valid.</remarks>
public sealed class SigningKey : IDisposable
{
    private const int Iterations = 600_000;

    private readonly ECDsa _key;

    private SigningKey(ECParameters? parameters)
    {
        _key = parameters is { } given ? ECDsa.Create(given) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Public = new(_key, notAfter: null);
    }

    /// <summary>The half that everybody may have.</summary>
    public PublicKey Public { get; }

    /// <summary>A new key.</summary>
    public static SigningKey Create() => new(parameters: null);

    /// <summary>The signature (DER, RFC 3279) over the SHA-256 of some bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data) => _key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    /// <summary>The private key as PEM (PKCS #8), encrypted (AES-256, PBKDF2) if a password is given.</summary>
    public string ToPem(string? password = null) => (password is null
        ? _key.ExportPkcs8PrivateKeyPem()
        : _key.ExportEncryptedPkcs8PrivateKeyPem(password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, Iterations))) + "\n";

    /// <summary>Reads PEM, such as an environment variable's value: there <c>\n</c> may stand for the end of a line.</summary>
    /// <param name="where">How diagnostics call it: a path, or the variable's name; never the text itself.</param>
    /// <exception cref="DiagnosticException">MLO7202: it is no private key on P-256. MLO7206: it is encrypted, and the password is missing or wrong.</exception>
    public static SigningKey FromPem(string text, string where, string? password = null)
    {
        text = text.Replace("\\n", "\n", StringComparison.Ordinal);
        var isEncrypted = PemEncoding.TryFind(text, out var found) && text[found.Label] == "ENCRYPTED PRIVATE KEY";
        if (isEncrypted && password is null)
        {
            throw Locked(where, "no password is given");
        }

        using var read = ECDsa.Create();
        try
        {
            if (isEncrypted)
            {
                read.ImportFromEncryptedPem(text, password);
            }
            else
            {
                read.ImportFromPem(text);
            }

            return PublicKey.IsP256(read) ? Of(read) : throw Unreadable(where, "it is not on the curve P-256");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw isEncrypted ? Locked(where, "the password does not open it") : Unreadable(where, "no block '-----BEGIN PRIVATE KEY-----' with one ECDSA key is in it");
        }
    }

    /// <summary>Reads a private key's file; others than its owner must not be able to.</summary>
    /// <exception cref="DiagnosticException">MLO7201: group or others may read it. MLO7250: it is not there, or may not be read. Or as for <see cref="FromPem"/>.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static SigningKey Read(string path, string? password = null) => FromPem(KeyFile.ReadPrivate(path), path, password);

    /// <summary>Writes a private key's file, which only its owner may read from its first moment on.</summary>
    /// <exception cref="DiagnosticException">MLO7203: a file is there; it is left as it is.</exception>
    /// <exception cref="IOException">It cannot be written; nothing is left behind.</exception>
    public void Write(string path, string? password = null) => KeyFile.WritePrivate(path, ToPem(password));

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    /// <summary>The public half's name.</summary>
    public override string ToString() => $"private key of {Public.Id}";

    private static SigningKey Of(ECDsa read)
    {
        var parameters = read.ExportParameters(includePrivateParameters: true);
        try
        {
            return new(parameters);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(parameters.D);
        }
    }

    private static DiagnosticException Unreadable(string where, string why) => new(new Diagnostic("MLO7202", "this is no private key to sign with")
    {
        Where = where,
        Why = why,
        Mend = "give an ECDSA P-256 private key in PEM (PKCS #8): ./build.sh Keys makes one",
    });

    private static DiagnosticException Locked(string where, string why) => new(new Diagnostic("MLO7206", "the private key is encrypted")
    {
        Where = where,
        Why = why,
        Mend = "give the password that it was written with",
    });
}
