using System.Formats.Asn1;

namespace MlOps.Packaging.Internal;

/// <summary>ECDSA-Sig-Value of RFC 3279: two numbers in DER.</summary>
internal static class EcdsaSignature
{
    /// <summary>Whether bytes have its form; says nothing about whose it is.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> der)
    {
        try
        {
            var reader = new AsnReader(der.ToArray(), AsnEncodingRules.DER);
            var pair = reader.ReadSequence();
            reader.ThrowIfNotEmpty();
            var (r, s) = (pair.ReadInteger(), pair.ReadInteger());
            pair.ThrowIfNotEmpty();
            return r.Sign > 0 && s.Sign > 0;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }
}
