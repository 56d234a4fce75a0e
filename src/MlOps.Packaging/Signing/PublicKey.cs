using System.Globalization;
using System.Security.Cryptography;
using MlOps.Content;
using MlOps.Packaging.Internal;

namespace MlOps.Packaging;

/// <summary>What checks signatures: an ECDSA key on P-256, and until when it counts. Immutable; any number of threads.</summary>
/// <remarks>Its file is PEM (<c>BEGIN PUBLIC KEY</c>), as openssl, cosign and Node.js read it. Before the block may stand lines that are empty or begin with <c>#</c>,
/// and <c>not-after: 2027-01-01</c>: the last day, in UTC, on which the key counts. Anything else is refused, so that a misspelt date is not passed over.</remarks>
public sealed class PublicKey
{
    /// <summary>The most bytes of a key file that are read.</summary>
    public const int MaximumBytes = 64 << 10;

    private const string Label = "PUBLIC KEY";
    private const string P256 = "1.2.840.10045.3.1.7";

    private readonly byte[] _spki;

    internal PublicKey(ECDsa key, DateOnly? notAfter)
    {
        _spki = key.ExportSubjectPublicKeyInfo();
        (Id, NotAfter) = (new(Digest.Of(_spki)), notAfter);
    }

    private PublicKey(PublicKey key, DateOnly? notAfter) => (_spki, Id, NotAfter) = (key._spki, key.Id, notAfter);

    /// <summary>Its name.</summary>
    public KeyId Id { get; }

    /// <summary>The last day, in UTC, on which it counts; null for no end.</summary>
    public DateOnly? NotAfter { get; }

    /// <summary>Whether it counts no more.</summary>
    public bool IsExpired(DateTimeOffset now) => NotAfter is { } last && DateOnly.FromDateTime(now.UtcDateTime) > last;

    /// <summary>The same key with another end.</summary>
    public PublicKey Until(DateOnly? notAfter) => new(this, notAfter);

    /// <summary>Whether a signature (DER, RFC 3279) over the SHA-256 of some bytes was made by this key's other half.</summary>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(_spki, out _);
        return key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>The text of its file.</summary>
    public string ToPem()
    {
        var pem = PemEncoding.WriteString(Label, _spki) + "\n";
        return NotAfter is { } last ? string.Create(CultureInfo.InvariantCulture, $"not-after: {last:yyyy-MM-dd}\n{pem}") : pem;
    }

    /// <summary>Reads the text of a key's file.</summary>
    /// <param name="where">How diagnostics call it.</param>
    /// <exception cref="DiagnosticException">MLO7204: it is no public key on P-256. MLO7205: a line before the block, or the date, is not understood.</exception>
    public static PublicKey FromPem(string text, string where)
    {
        if (!PemEncoding.TryFind(text, out var found) || text[found.Label] != Label)
        {
            throw Unreadable(where, text.Contains("PRIVATE KEY", StringComparison.Ordinal) ? "it holds a private key, which belongs neither here nor in git" : "no block '-----BEGIN PUBLIC KEY-----' is in it");
        }

        if (!string.IsNullOrWhiteSpace(text[found.Location.End..]))
        {
            throw Unreadable(where, "something stands after the block; one file holds one key");
        }

        var notAfter = Header(text[..found.Location.Start.Value], where);
        using var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(text[found.Base64Data]), out var read);
            return read != found.DecodedDataLength || !IsP256(key) ? throw Unreadable(where, "it is not on the curve P-256") : new(key, notAfter);
        }
        catch (CryptographicException)
        {
            throw Unreadable(where, "the block is no public key of ECDSA");
        }
    }

    /// <summary>Reads a key's file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="where">How diagnostics call it; null for its path.</param>
    /// <exception cref="DiagnosticException">As for <see cref="FromPem"/>.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static PublicKey Read(string path, string? where = null) => FromPem(KeyFile.ReadPublic(path), where ?? path);

    /// <summary>Its name, and its end if it has one.</summary>
    public override string ToString() => NotAfter is { } last ? string.Create(CultureInfo.InvariantCulture, $"{Id} until {last:yyyy-MM-dd}") : Id.ToString();

    internal static bool IsP256(ECDsa key) => key.ExportParameters(includePrivateParameters: false).Curve is { IsNamed: true } curve && curve.Oid.Value == P256;

    private static DateOnly? Header(string text, string where)
    {
        DateOnly? notAfter = null;
        var number = 0;
        foreach (var line in text.Split('\n').Select(line => line.Trim()))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (!line.StartsWith("not-after:", StringComparison.Ordinal) || notAfter is not null
                || !DateOnly.TryParseExact(line["not-after:".Length..].Trim(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var last))
            {
                throw new DiagnosticException(new Diagnostic("MLO7205", "a line before the key is not understood")
                {
                    Where = $"{where}:{number}",
                    Why = "an end that is passed over would let the key count for ever; once 'not-after: YYYY-MM-DD' may stand there, and comments that begin with '#'",
                    Mend = "write 'not-after: 2027-01-01', begin the line with '#', or remove it",
                });
            }

            notAfter = last;
        }

        return notAfter;
    }

    private static DiagnosticException Unreadable(string where, string why) => new(new Diagnostic("MLO7204", "this is no public key to check signatures with")
    {
        Where = where,
        Why = why,
        Mend = "name a file with an ECDSA P-256 public key in PEM: openssl pkey -in PRIVATE -pubout",
    });
}
