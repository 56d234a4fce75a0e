using System.Globalization;
using MlOps.Content;
using MlOps.Packaging.Internal;

namespace MlOps.Packaging;

/// <summary>A public key that signatures may be made with.</summary>
/// <param name="Key">The key.</param>
/// <param name="Where">Where it was read: <c>keys/release.pub</c>.</param>
public sealed record TrustedKey(PublicKey Key, string Where);

/// <summary>Whose signatures count, and the check of a signed attestation against them. Immutable; any number of threads.</summary>
/// <remarks>
/// Nothing here proves when a signature was made: whoever has a key can write any time into what it signs. So a key's end counts against the day of the check, never against a time in the attestation,
/// and what an expired key has signed is refused, old or new: a stolen key dies with its date. To rotate: trust the new key beside the old one, sign again what shall still be released
/// (attestations are attached by digest, so the package stays the same), then remove the old key or let it expire.
/// </remarks>
public sealed class TrustPolicy
{
    private const string Sign = "sign it with a key that is trusted, or fetch the signed one";
    private const string Again = "fetch the attestation again, or make it again from its sources";

    private readonly SortedDictionary<string, TrustedKey> _keys = new(StringComparer.Ordinal);

    /// <summary>Creates a policy; of a key that is given twice, the earlier end counts.</summary>
    public TrustPolicy(IEnumerable<TrustedKey> keys)
    {
        foreach (var key in keys.OrderBy(key => key.Key.NotAfter ?? DateOnly.MaxValue))
        {
            _keys.TryAdd(key.Key.Id.ToString(), key);
        }
    }

    /// <summary>The keys, each once, in the order of their names.</summary>
    public IReadOnlyCollection<TrustedKey> Keys => _keys.Values;

    /// <summary>Checks an attestation; every way in which it can be wrong is an answer. What kind of thing it says is for its reader to look at: <see cref="Statement.PredicateType"/>.</summary>
    /// <param name="attestation">A bundle's bytes, of whatever origin.</param>
    /// <param name="subject">What it has to be about.</param>
    /// <param name="now">The time of the check.</param>
    /// <param name="where">How diagnostics call the attestation.</param>
    public Verification Verify(ReadOnlySpan<byte> attestation, Digest subject, DateTimeOffset now, string? where = null)
    {
        if (!Bundle.TryParse(attestation, out var bundle, out var why))
        {
            return Statement.TryParse(attestation, out _, out _)
                ? Refused(Verdict.NoSignature, "MLO7211", "the attestation is not signed", "it is a bare statement: anybody can have written it", Sign)
                : Refused(Verdict.NotABundle, "MLO7210", "this is no signed attestation", why, Again);
        }

        if (bundle.Signature.IsEmpty)
        {
            return Refused(Verdict.NoSignature, "MLO7211", "the attestation is not signed", "its envelope holds no signature", Sign);
        }

        if (!_keys.TryGetValue(bundle.Hint, out var key))
        {
            return Refused(Verdict.UnknownKey, "MLO7212", $"the attestation is signed with a key that is not trusted: {ForeignText.Shown(bundle.Hint, 64)}",
                _keys.Count == 0 ? "no key is trusted" : $"trusted are {string.Join(", ", _keys.Values.Select(trusted => $"{trusted.Key.Id.Short} ({trusted.Where})"))}",
                "if the key is meant to count, add its public half to 'trust' on the protected branch");
        }

        var verification = Signed(bundle, key, subject, now);
        return verification with { Key = key, Problem = verification.Problem is { } problem ? problem with { Where = where } : null };

        Verification Refused(Verdict verdict, string code, string what, string because, string mend) =>
            new() { Verdict = verdict, Problem = new(code, what) { Where = where, Why = because, Mend = mend } };
    }

    private static Verification Signed(Bundle bundle, TrustedKey key, Digest subject, DateTimeOffset now)
    {
        var isStatement = Statement.TryParse(bundle.Payload.Span, out var statement, out var why);
        if (!bundle.IsSignedBy(key.Key))
        {
            return isStatement
                ? Refused(Verdict.WrongSignature, "MLO7214", "the signature is wrong",
                    $"{(EcdsaSignature.IsWellFormed(bundle.Signature.Span) ? "payload, payload type or signature were changed after signing, or another key signed" : "it is no ECDSA signature any more")}; it names {Name(key)}", Again)
                : Refused(Verdict.PayloadAltered, "MLO7215", "the attestation's payload was changed after signing", $"the signature does not fit it, and it is no statement: {why}", Again);
        }

        if (key.Key.IsExpired(now))
        {
            return Refused(Verdict.ExpiredKey, "MLO7213", "the attestation is signed with a key that has come to its end",
                string.Create(CultureInfo.InvariantCulture, $"{Name(key)} counts until {key.Key.NotAfter:yyyy-MM-dd}, and it is {now.UtcDateTime:yyyy-MM-dd}"),
                "sign again with a key that counts: the package itself stays the same");
        }

        if (!isStatement || bundle.PayloadType != Statement.MediaType)
        {
            return Refused(Verdict.NotAStatement, "MLO7217", "what is signed is no in-toto statement", why ?? $"its type is '{ForeignText.Shown(bundle.PayloadType, 64)}', not '{Statement.MediaType}'", Again);
        }

        return statement!.Subjects.Any(one => one.Digest == subject)
            ? new() { Verdict = Verdict.Valid, Statement = statement }
            : Refused(Verdict.OtherSubject, "MLO7216", "the attestation is about something else",
                $"it is about {string.Join(", ", statement.Subjects.Take(3).Select(one => $"{ForeignText.Shown(one.Name, 64)} {one.Digest}"))}, not {subject}", "fetch the attestation that belongs to this digest");

        static Verification Refused(Verdict verdict, string code, string what, string because, string mend) =>
            new() { Verdict = verdict, Problem = new(code, what) { Why = because, Mend = mend } };
    }

    private static string Name(TrustedKey key) => $"key {key.Key.Id.Short} ({key.Where})";
}
