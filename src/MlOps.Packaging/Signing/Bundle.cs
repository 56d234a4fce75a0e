using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using MlOps.Packaging.Internal;
using MlOps.Content;

namespace MlOps.Packaging;

/// <summary>A signed attestation: a <see cref="Statement"/> in a DSSE envelope in a sigstore bundle v0.3 that names its key.</summary>
/// <remarks>https://docs.sigstore.dev/about/bundle/, https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md. No transparency log and no time stamp: it is checked offline.
/// The hint only chooses the key; a wrong one finds none, or one that the signature does not fit.</remarks>
public sealed class Bundle
{
    /// <summary>The media type of its bytes.</summary>
    public const string MediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";

    private Bundle(string hint, string payloadType, byte[] payload, byte[] signature) => (Hint, PayloadType, Payload, Signature) = (hint, payloadType, payload, signature);

    /// <summary>Which key is said to have signed: a <see cref="KeyId"/>, where it was written here.</summary>
    public string Hint { get; }

    /// <summary>The media type of <see cref="Payload"/>.</summary>
    public string PayloadType { get; }

    /// <summary>What is signed, together with its type.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The signature in DER; empty if the envelope holds none.</summary>
    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary>Signs a statement.</summary>
    public static Bundle Sign(Statement statement, SigningKey key)
    {
        var payload = statement.ToBytes();
        return new(key.Public.Id.ToString(), Statement.MediaType, payload, key.Sign(PreAuthenticationEncoding(Statement.MediaType, payload)));
    }

    /// <summary>Its bytes, on one line.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(
        new()
        {
            MediaType = MediaType,
            VerificationMaterial = new() { PublicKey = new() { Hint = Hint } },
            DsseEnvelope = new()
            {
                Payload = Convert.ToBase64String(Payload.Span),
                PayloadType = PayloadType,
                Signatures = [new() { Sig = Convert.ToBase64String(Signature.Span) }],
            },
        },
        BoundedJson.Plain.BundleWire);

    /// <summary>Reads what anybody wrote: at most 16 MB, no member twice, at most one signature, base64 in its one standard form; members that are not known here are passed over.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out Bundle? bundle, [NotNullWhen(false)] out string? why)
    {
        bundle = null;
        if (!BoundedJson.TryRead(utf8, BoundedJson.Plain.BundleWire, out var wire, out why))
        {
            return false;
        }

        var envelope = wire.DsseEnvelope;
        byte[]? payload = null, signature = [];
        why = wire.MediaType != MediaType ? $"its mediaType is '{ForeignText.Shown(wire.MediaType, 64)}', not '{MediaType}'"
            : envelope.Signatures.Count > 1 ? $"it has {envelope.Signatures.Count} signatures, and a bundle has one"
            : !TryDecode(envelope.Payload, out payload) ? "its payload is not base64"
            : envelope.Signatures is [var only] && !TryDecode(only?.Sig, out signature) ? "its signature is not base64"
            : null;
        bundle = why is null ? new(wire.VerificationMaterial.PublicKey.Hint, envelope.PayloadType, payload!, signature!) : null;
        return bundle is not null;
    }

    /// <summary>Whether a key's other half signed the payload and its type.</summary>
    public bool IsSignedBy(PublicKey key) => key.Verify(PreAuthenticationEncoding(PayloadType, Payload.Span), Signature.Span);

    /// <summary>The bytes that are signed: <c>DSSEv1 LENGTH TYPE LENGTH PAYLOAD</c>.</summary>
    internal static byte[] PreAuthenticationEncoding(string type, ReadOnlySpan<byte> payload) =>
        [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"DSSEv1 {Encoding.UTF8.GetByteCount(type)} {type} {payload.Length} ")), .. payload];

    // The framework passes over white space and over bits that no byte needs: the same bytes would have many texts.
    private static bool TryDecode(string? base64, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = new byte[(base64?.Length ?? 0) / 4 * 3];
        if (base64 is null || !Convert.TryFromBase64String(base64, bytes, out var length) || Convert.ToBase64String(bytes.AsSpan(0, length)) != base64)
        {
            bytes = null;
            return false;
        }

        Array.Resize(ref bytes, length);
        return true;
    }
}
